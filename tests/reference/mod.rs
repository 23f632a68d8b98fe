//! The embedded reference server against real clients, and its faults one by one.

mod clients;
mod drivers;
mod http;
mod robust;

use std::sync::mpsc;

use audit::reference::{ReferenceServer, Schedule, ServeOptions};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// A server on a thread of its own, so that a test may run other programs meanwhile.
pub struct Running {
    pub server: ReferenceServer,
    /// Holds `ca.crt`.
    pub directory: TempDir,
    stop: Option<mpsc::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Running {
    /// Starts with the given fault schedules.
    pub fn start(faults: &[&str]) -> Self {
        Self::with(ServeOptions {
            faults: faults.iter().map(|f| Schedule::parse(f).unwrap()).collect(),
            ..ServeOptions::default()
        })
    }

    /// Starts with options.
    pub fn with(options: ServeOptions) -> Self {
        let (give, take) = mpsc::channel();
        let (stop, stopped) = mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            let runtime = runtime();
            give.send(runtime.block_on(ReferenceServer::start(options)))
                .unwrap();
            // Tasks run only while the runtime is driven.
            runtime.block_on(async {
                while let Err(mpsc::TryRecvError::Empty) = stopped.try_recv() {
                    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                }
            });
        });
        let server = take.recv().unwrap().unwrap();
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("ca.crt"), server.ca_pem()).unwrap();
        Self {
            server,
            directory,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Path of the authority's certificate.
    pub fn ca(&self) -> String {
        self.directory.path().join("ca.crt").display().to_string()
    }

    /// A URL in which the driver checks certificate and host name.
    pub fn verified_url(&self, driver: &str) -> String {
        let query = match driver {
            "asyncpg" => "?ssl=verify-full".to_owned(),
            _ => format!("?sslmode=verify-full&sslrootcert={}", self.ca()),
        };
        self.server.shown_url(driver, &query)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A runtime for one test.
pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}
