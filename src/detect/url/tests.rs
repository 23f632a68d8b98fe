//! The variants of the sample backend.

use super::*;
use crate::detect::database::tests::facts;

const LIBPQ: &str = "?sslmode=require&channel_binding=require";

fn find(what: &str, facts: &Facts) -> Vec<Hit> {
    let table: toml::Table = toml::from_str(&format!("find = '{what}'")).unwrap();
    let claimed = std::collections::BTreeSet::new();
    let context = Context {
        facts,
        claimed: &claimed,
    };
    match Url.detect(&Params::new(&table), &context) {
        Verdict::Hits(hits) => hits,
        _ => Vec::new(),
    }
}

/// The variants of the sample backend: which of the three finds fire.
#[test]
fn variants_of_the_sample_backend() {
    let seed = "sqlalchemy==2.0.46";
    let latest = "sqlalchemy==2.1.9";
    let plain = format!("postgresql://u:p@h/d{LIBPQ}");
    let named = format!("postgresql+asyncpg://u:p@h/d{LIBPQ}");
    let good = "postgresql+asyncpg://u:p@h/d?ssl=require".to_owned();
    type Case<'a> = (
        &'a str,
        &'a str,
        Vec<&'a str>,
        Vec<&'a str>,
        Option<&'a str>,
        [bool; 3],
    );
    let cases: Vec<Case<'_>> = vec![
        (
            "broken",
            &plain,
            vec![seed, "psycopg2-binary==2.9.11"],
            vec!["psycopg2-binary>=2.9.9"],
            Some("engine-sync-driver"),
            [true, true, true],
        ),
        (
            "a_driver",
            &good,
            vec![seed, "psycopg2-binary==2.9.11"],
            vec!["psycopg2-binary>=2.9.9"],
            Some("engine-driver-missing"),
            [false, true, false],
        ),
        (
            "d_url",
            &plain,
            vec![seed, "asyncpg==0.31.0"],
            vec!["asyncpg"],
            Some("engine-driver-missing"),
            [true, false, true],
        ),
        (
            "d_url_latest",
            &plain,
            vec![latest, "asyncpg==0.32.0"],
            vec!["asyncpg"],
            Some("engine-driver-missing"),
            [true, false, true],
        ),
        (
            "d2",
            &named,
            vec![seed, "asyncpg==0.31.0"],
            vec!["asyncpg"],
            Some("url-parameter"),
            [false, false, true],
        ),
        (
            "d3",
            &plain,
            vec![seed, "asyncpg==0.31.0", "psycopg2-binary==2.9.11"],
            vec!["asyncpg"],
            Some("engine-sync-driver"),
            [true, false, true],
        ),
        (
            "d4",
            &plain,
            vec![latest, "psycopg==3.3.9"],
            vec!["psycopg[binary]"],
            None,
            [false, false, false],
        ),
        (
            "d5",
            &plain,
            vec![seed, "psycopg==3.3.9"],
            vec!["psycopg[binary]"],
            Some("engine-driver-missing"),
            [true, false, false],
        ),
        (
            "fixed",
            &good,
            vec![seed, "asyncpg==0.31.0"],
            vec!["asyncpg"],
            None,
            [false, false, false],
        ),
    ];
    for (name, url, dists, requirements, fault, expected) in cases {
        let facts = facts(url, &dists, &requirements, fault);
        let fired =
            ["sync-driver", "driver-missing", "parameter"].map(|w| !find(w, &facts).is_empty());
        assert_eq!(fired, expected, "{name}: URL300, DEP001, URL301");
    }
}

#[test]
fn one_hit_tells_of_all_parameters_and_how_to_say_them() {
    let facts = facts(
        &format!("postgresql+asyncpg://u:p@h/d{LIBPQ}"),
        &["sqlalchemy==2.0.46", "asyncpg==0.31.0"],
        &["asyncpg"],
        None,
    );
    let hit = find("parameter", &facts).remove(0);
    assert_eq!(hit.slots["params"], "`sslmode`, `channel_binding`");
    assert_eq!(hit.lists["rename"][0]["to"], "ssl");
    assert_eq!(hit.lists["drop"][0]["name"], "channel_binding");
    assert_eq!(hit.slots["all_translated"], "true");
    let place = hit.place.unwrap();
    assert_eq!(
        (place.path.as_str(), place.line, place.column),
        (".env", 1, 43)
    );
    assert_eq!(
        hit.predicted.unwrap().message,
        "connect() got an unexpected keyword argument 'sslmode'"
    );
}
