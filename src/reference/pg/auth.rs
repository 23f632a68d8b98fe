//! Authentication: who may come in, how it is proven, and the texts of PostgreSQL when it fails.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use futures::{Sink, SinkExt};
use pgwire::api::auth::cleartext::CleartextPasswordAuth;
use pgwire::api::auth::driver::AuthOutcome;
use pgwire::api::auth::md5pass::{Md5PasswordAuth, hash_md5_password};
use pgwire::api::auth::mechanism::{AuthMechanism, AuthMechanismFactory, AuthState};
use pgwire::api::auth::sasl::SaslMechanisms;
use pgwire::api::auth::sasl::scram::{ScramAuth, gen_salted_password};
use pgwire::api::auth::{
    AuthDriver, AuthSource, LoginInfo, Password, ServerParameterProvider, StartupHandler,
    protocol_negotiation, save_startup_parameters_to_metadata,
};
use pgwire::api::{ClientInfo, RandomPidSecretKeyGenerator};
use pgwire::error::{ErrorInfo, PgWireError, PgWireResult};
use pgwire::messages::startup::{Authentication, PasswordMessageFamily, Startup};
use pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage};

use super::super::fault::{Active, Auth, Effect, Refusal, When};
use super::super::{DATABASE, Shared};
use super::frame;
use super::query::session;

/// Rounds of SCRAM, PostgreSQL's default (`scram_iterations`).
const ROUNDS: usize = 4096;

/// What the server knows about its one role.
pub struct Accounts {
    user: String,
    password: String,
    salt: Vec<u8>,
    salted: Vec<u8>,
    /// A password that nobody has: for unknown roles, and for the fault `wrong-password`.
    other: Vec<u8>,
    numbers: Arc<RandomPidSecretKeyGenerator>,
}

impl Accounts {
    /// One role with its password.
    pub fn new(user: &str, password: &str) -> Self {
        let salt = random_bytes(16);
        Self {
            user: user.to_owned(),
            password: password.to_owned(),
            salted: gen_salted_password(password, &salt, ROUNDS),
            other: random_bytes(32),
            salt,
            numbers: Arc::new(RandomPidSecretKeyGenerator::default()),
        }
    }
}

fn random_bytes(length: usize) -> Vec<u8> {
    let words = (0..length.div_ceil(8)).map(|_| RandomState::new().build_hasher().finish());
    words.flat_map(u64::to_be_bytes).take(length).collect()
}

/// Passwords in the form that a method needs.
struct Source {
    shared: Arc<Shared>,
    method: Auth,
    /// The role has another password than the client thinks.
    changed: bool,
}

impl Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Source")
    }
}

#[async_trait]
impl AuthSource for Source {
    async fn get_password(&self, login: &LoginInfo) -> PgWireResult<Password> {
        let accounts = &self.shared.accounts;
        // As in PostgreSQL a role that does not exist is asked for a password all the same.
        let right = login.user() == Some(accounts.user.as_str()) && !self.changed;
        let other = accounts.other.clone();
        Ok(match self.method {
            Auth::Md5 => {
                let salt = random_bytes(4);
                let hash = hash_md5_password(&accounts.user, &accounts.password, &salt);
                let hash = if right { hash.into_bytes() } else { other };
                Password::new(Some(salt), hash)
            }
            Auth::Cleartext => {
                let password = accounts.password.clone().into_bytes();
                Password::new(None, if right { password } else { other })
            }
            _ => {
                let salted = accounts.salted.clone();
                let hash = if right { salted } else { other };
                Password::new(Some(accounts.salt.clone()), hash)
            }
        })
    }
}

/// `trust`: nothing is asked.
struct Trust;

#[async_trait]
impl AuthMechanism for Trust {
    async fn begin(&mut self, _: &(dyn ClientInfo + Send + Sync)) -> PgWireResult<AuthState> {
        Ok(AuthState::Ok {
            final_message: None,
            identity: None,
        })
    }

    async fn next(
        &mut self,
        _: &(dyn ClientInfo + Send + Sync),
        _: PasswordMessageFamily,
    ) -> PgWireResult<AuthState> {
        Err(PgWireError::InvalidSASLState)
    }
}

/// Asks for Kerberos V5 and takes no answer.
struct Kerberos;

#[async_trait]
impl AuthMechanism for Kerberos {
    async fn begin(&mut self, _: &(dyn ClientInfo + Send + Sync)) -> PgWireResult<AuthState> {
        Ok(AuthState::InProgress(Authentication::KerberosV5))
    }

    async fn next(
        &mut self,
        client: &(dyn ClientInfo + Send + Sync),
        _: PasswordMessageFamily,
    ) -> PgWireResult<AuthState> {
        let user = client.metadata().get("user").cloned();
        Err(PgWireError::InvalidPassword(user.unwrap_or_default()))
    }
}

/// Parameters reported after authentication (manual section 55.2.7).
struct Reported {
    shared: Arc<Shared>,
    faults: Arc<Active>,
}

impl ServerParameterProvider for Reported {
    fn server_parameters<C: ClientInfo>(&self, client: &C) -> Option<HashMap<String, String>> {
        const NAMES: [&str; 14] = [
            "server_version",
            "server_encoding",
            "client_encoding",
            "application_name",
            "default_transaction_read_only",
            "in_hot_standby",
            "is_superuser",
            "session_authorization",
            "DateStyle",
            "IntervalStyle",
            "TimeZone",
            "integer_datetimes",
            "standard_conforming_strings",
            "scram_iterations",
        ];
        let context = session(client, &self.shared, &self.faults, None, &[]);
        let value = |name: &str| context.setting(&name.to_lowercase());
        let known = NAMES.into_iter();
        Some(
            known
                .filter_map(|name| Some((name.to_owned(), value(name)?)))
                .collect(),
        )
    }
}

/// The start of one connection.
pub struct Login {
    shared: Arc<Shared>,
    faults: Arc<Active>,
    driver: AuthDriver<Reported>,
    /// The first answer to a SASL request has a form of its own.
    answered: AtomicBool,
}

impl Login {
    /// For one connection with its faults.
    pub fn new(shared: Arc<Shared>, faults: Arc<Active>) -> Self {
        let reported = Reported {
            shared: Arc::clone(&shared),
            faults: Arc::clone(&faults),
        };
        let numbers = Arc::clone(&shared.accounts.numbers);
        Self {
            driver: AuthDriver::new(reported).with_pid_secret_key_generator(numbers),
            shared,
            faults,
            answered: AtomicBool::new(false),
        }
    }

    /// Refuses a first SASL answer that the library would stumble over.
    fn well_formed(&self, message: &PasswordMessageFamily) -> PgWireResult<()> {
        let sasl = matches!(self.faults.auth(), Auth::Scram | Auth::ScramPlain);
        let first = !self.answered.swap(true, Ordering::Relaxed);
        match message {
            PasswordMessageFamily::Raw(body) if sasl && first => {
                frame::sasl_initial(body).map_err(|what| fatal("08P01", what, ""))
            }
            _ => Ok(()),
        }
    }

    fn mechanism(&self, secure: bool) -> PgWireResult<Box<dyn AuthMechanism>> {
        let method = self.faults.auth();
        let source = Arc::new(Source {
            shared: Arc::clone(&self.shared),
            method,
            changed: self.faults.has(Effect::OtherPassword),
        });
        Ok(match method {
            Auth::Trust => Box::new(Trust),
            Auth::Kerberos => Box::new(Kerberos),
            Auth::Md5 => Md5PasswordAuth::new(source).create(),
            Auth::Cleartext => CleartextPasswordAuth::new(source).create(),
            Auth::Scram | Auth::ScramPlain => {
                let mut scram = ScramAuth::new(source);
                scram.set_iterations(ROUNDS);
                let shown = self.faults.certificate();
                let identity = self.shared.authority.identity(shown);
                if let (Auth::Scram, true, Some(identity)) = (method, secure, identity) {
                    scram.configure_certificate(identity.pem.as_bytes())?;
                }
                SaslMechanisms::new(vec![Arc::new(scram)]).create()
            }
        })
    }

    /// What PostgreSQL says before it asks for a password.
    fn turned_away<C: ClientInfo>(&self, client: &C, startup: &Startup) -> Option<PgWireError> {
        if startup.parameters.get("user").is_none_or(String::is_empty) {
            let message = "no PostgreSQL user name specified in startup packet";
            return Some(fatal("28000", message, ""));
        }
        let refusal = self.faults.refusal(When::Startup).or_else(|| {
            (self.faults.has(Effect::TlsOnly) && !client.is_secure()).then_some(Refusal {
                when: When::Startup,
                code: "28000",
                message: "no pg_hba.conf entry for host \"127.0.0.1\", user \"{user}\", database \"{database}\", {tls}",
                detail: "",
            })
        });
        refusal.map(|refusal| filled(refusal, client))
    }

    async fn go_on<C>(&self, client: &mut C, outcome: AuthOutcome) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let AuthOutcome::Authenticated {
            mut final_message, ..
        } = outcome
        else {
            return Ok(());
        };
        if let Some(Authentication::SASLFinal(proof)) = &mut final_message
            && self.faults.has(Effect::Impostor)
        {
            // The form is right, the signature is of nobody.
            let forged = b"v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_vec();
            *proof = forged.into();
        }
        let database = database_of(client);
        let missing = Refusal {
            when: When::Authenticated,
            code: "3D000",
            message: "database \"{database}\" does not exist",
            detail: "",
        };
        let refusal = self
            .faults
            .refusal(When::Authenticated)
            .or_else(|| (database != DATABASE).then_some(missing));
        let Some(refusal) = refusal else {
            return self
                .driver
                .complete_authentication(client, final_message)
                .await;
        };
        // The client has proven who it is before it hears that it cannot come in.
        for message in final_message.into_iter().chain([Authentication::Ok]) {
            let message = PgWireBackendMessage::Authentication(message);
            client.feed(message).await?;
        }
        Err(filled(refusal, client))
    }
}

#[async_trait]
impl StartupHandler for Login {
    async fn on_startup<C>(
        &self,
        client: &mut C,
        message: PgWireFrontendMessage,
    ) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let outcome = match message {
            PgWireFrontendMessage::Startup(startup) => {
                protocol_negotiation(client, &startup).await?;
                save_startup_parameters_to_metadata(client, &startup);
                if let Some(refused) = self.turned_away(client, &startup) {
                    return Err(refused);
                }
                let mechanism = self.mechanism(client.is_secure())?;
                self.driver.begin_authentication(client, mechanism).await
            }
            PgWireFrontendMessage::PasswordMessageFamily(message) => {
                self.well_formed(&message)?;
                self.driver.advance_authentication(client, message).await
            }
            _ => {
                let message = "expected password response, got another message type";
                return Err(fatal("08P01", message, ""));
            }
        };
        match outcome {
            Ok(outcome) => self.go_on(client, outcome).await,
            Err(error) => Err(in_postgres_words(error, client)),
        }
    }
}

/// The database that the client wants; PostgreSQL takes the role's name when none is given.
pub fn database_of<C: ClientInfo>(client: &C) -> String {
    let metadata = client.metadata();
    let database = metadata.get("database").filter(|name| !name.is_empty());
    database
        .or_else(|| metadata.get("user"))
        .cloned()
        .unwrap_or_default()
}

/// A FATAL error.
pub fn fatal(code: &str, message: &str, detail: &str) -> PgWireError {
    let mut info = ErrorInfo::new("FATAL".to_owned(), code.to_owned(), message.to_owned());
    info.severity_nonlocalized = Some("FATAL".to_owned());
    info.detail = (!detail.is_empty()).then(|| detail.to_owned());
    PgWireError::UserError(Box::new(info))
}

/// The error of a fault, with the names of this connection.
pub fn filled<C: ClientInfo>(refusal: Refusal, client: &C) -> PgWireError {
    let encryption = match client.is_secure() {
        true => "SSL encryption",
        false => "no encryption",
    };
    let user = client.metadata().get("user").cloned().unwrap_or_default();
    let message = refusal
        .message
        .replace("{user}", &user)
        .replace("{database}", &database_of(client))
        .replace("{tls}", encryption);
    fatal(refusal.code, &message, refusal.detail)
}

/// The library's failures as PostgreSQL words them.
fn in_postgres_words<C: ClientInfo>(error: PgWireError, client: &C) -> PgWireError {
    match error {
        PgWireError::InvalidPassword(_) => {
            let user = client.metadata().get("user").cloned().unwrap_or_default();
            let message = format!("password authentication failed for user \"{user}\"");
            fatal("28P01", &message, "")
        }
        PgWireError::InvalidScramMessage(why) if why.contains("Channel binding") => {
            fatal("28000", "SCRAM channel binding check failed", "")
        }
        PgWireError::InvalidScramMessage(why) => fatal("08P01", "malformed SCRAM message", &why),
        PgWireError::UnsupportedSASLAuthMethod(_) => {
            let message = "client selected an invalid SASL authentication mechanism";
            fatal("08P01", message, "")
        }
        other => other,
    }
}
