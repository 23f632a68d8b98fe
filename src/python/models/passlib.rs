//! passlib's password contexts over the `bcrypt` package: which pairs of versions break.
//!
//! passlib 1.7.4 probes its backend with a long password at the first hash; bcrypt 5 refuses
//! passwords of more than 72 bytes.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::raise::{R, Stop};
use crate::python::value::Value;

/// Models of this library.
pub const ENTRIES: &[Entry] = &[
    ("passlib.context", "CryptContext.__init__", context_init),
    ("passlib.context", "CryptContext.hash", hash),
    ("passlib.context", "CryptContext.encrypt", hash),
    ("passlib.context", "CryptContext.verify", verify),
];

fn context_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    let Some(this) = args.pos.first().cloned() else {
        return Ok(Value::None);
    };
    let schemes = interp.parameter(&bound, "schemes");
    let items = interp.items_of(&schemes).ok().flatten();
    for scheme in items.iter().flatten() {
        refuse_unknown(interp, scheme)?;
    }
    let first = items.and_then(|items| items.first().cloned());
    let first = first.unwrap_or(Value::Unknown);
    let default = args
        .keyword(interp.sym("default"))
        .cloned()
        .unwrap_or(first);
    interp.store(&this, "<scheme>", default);
    interp.open_instance(&this);
    Ok(Value::None)
}

/// `registry.get_crypt_handler`: a name that is neither built in nor registered.
fn refuse_unknown(interp: &mut Interp<'_>, scheme: &Value) -> R<()> {
    let Some(name) = scheme.as_str() else {
        return Ok(());
    };
    let alias = name.replace('-', "_").to_lowercase();
    for table in ["_locations", "_handlers"] {
        let found = interp.loaded_attribute("passlib.registry", table);
        match found.and_then(|t| interp.table_of(&t)) {
            Some((entries, open)) => {
                let own = |k: &Value| k.as_str().is_some_and(|k| k == name || k == alias);
                if open || entries.values().any(|(k, _)| own(k)) {
                    return Ok(());
                }
            }
            // The handlers live in the dictionary of a module.
            None if table == "_handlers" => {}
            None => return Ok(()),
        }
    }
    let shown = crate::python::text::str_repr(name);
    let message = format!("no crypt handler found for algorithm: {shown}");
    let stop = interp.fault("KeyError", &message, "raised", &[]);
    Err(interp.with_argument(stop, Value::str(message)))
}

fn hash(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(this) = args.pos.first().cloned() else {
        return Ok(interp.unknown());
    };
    let scheme = interp.own(&this, "<scheme>");
    if scheme.as_ref().and_then(Value::as_str) == Some("bcrypt") {
        use_bcrypt(interp)?;
    }
    Ok(interp.unknown())
}

/// The scheme comes from the hash: only a text that is known tells it.
fn verify(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    if args
        .pos
        .get(2)
        .and_then(Value::as_str)
        .is_some_and(|h| h.starts_with("$2"))
    {
        use_bcrypt(interp)?;
    }
    Ok(interp.unknown())
}

fn use_bcrypt(interp: &mut Interp<'_>) -> R<()> {
    match interp.import_name("bcrypt") {
        Ok(_) => {}
        Err(Stop::Raise(raised)) if raised.kind == "module-not-found" => {
            let message = "bcrypt: no backends available -- recommend you install one (e.g. 'pip install bcrypt')";
            return Err(interp.library_fault(
                "passlib.exc",
                "MissingBackendError",
                "RuntimeError",
                message,
                "raised",
                &[],
            ));
        }
        Err(stop) => return Err(stop),
    }
    let old = interp
        .dist_version("passlib")
        .is_some_and(|v| v.starts_with("1.7"));
    if old && interp.dist_release("bcrypt") >= (5, 0, 0) {
        let message = "password cannot be longer than 72 bytes, truncate manually if necessary (e.g. my_password[:72])";
        let version = interp.dist_version("bcrypt").unwrap_or_default().to_owned();
        let slots = [
            ("dist", "bcrypt"),
            ("found", version.as_str()),
            ("required", "<5"),
        ];
        return Err(interp.fault("ValueError", message, "version-guard", &slots));
    }
    Ok(())
}
