//! A reference server on a thread of its own, for programs that are not asynchronous.

use std::ops::Deref;
use std::sync::mpsc;
use std::thread::JoinHandle;

use tokio_util::sync::CancellationToken;

use super::{ReferenceServer, ServeOptions, StartError};

/// A server that runs until it is dropped.
pub struct Background {
    server: ReferenceServer,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Starts a server on a new thread and waits until it listens.
    ///
    /// # Errors
    /// As [`ReferenceServer::start`], and when the system gives no thread.
    pub fn start(options: ServeOptions) -> Result<Self, StartError> {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let (give, take) = mpsc::channel();
        let work = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            match runtime {
                Ok(runtime) => runtime.block_on(async {
                    if give.send(ReferenceServer::start(options).await).is_ok() {
                        // The tasks of the server run only while the runtime is driven.
                        stopped.cancelled().await;
                    }
                }),
                Err(error) => drop(give.send(Err(StartError::Thread(error)))),
            }
        };
        let thread = std::thread::Builder::new()
            .name("reference".to_owned())
            .spawn(work)
            .map_err(StartError::Thread)?;
        let server = match take.recv() {
            Ok(server) => server?,
            Err(_) => {
                let ended = std::io::Error::other("the thread of the server ended");
                return Err(StartError::Thread(ended));
            }
        };
        Ok(Self {
            server,
            stop,
            thread: Some(thread),
        })
    }
}

impl Deref for Background {
    type Target = ReferenceServer;

    fn deref(&self) -> &ReferenceServer {
        &self.server
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
