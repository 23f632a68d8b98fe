use super::*;

#[test]
fn names_are_judged_by_their_words() {
    for name in [
        "SECRET_KEY",
        "DB_PASSWORD",
        "POSTGRES_PASS",
        "JWT_SECRET",
        "apiKey",
        "API_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "SENTRY_DSN",
        "access_token",
        "KEY",
        "secret_key",
        "STRIPE_KEY2",
        "GOOGLE_CREDENTIALS",
        "password",
        "smtp-password",
    ] {
        assert!(is_secret_name(name), "{name} should be secret");
    }
    for name in [
        "PWD",
        "tokenUrl",
        "TOKEN_URL",
        "ACCESS_TOKEN_EXPIRE_MINUTES",
        "foreign_key",
        "primary_key",
        "PASSWORD_FILE",
        "SECRET_NAME",
        "key",
        "sort_key",
        "keyword",
        "monkey",
        "PUBLIC_KEY",
        "token_type",
        "compass",
        "DATABASE_URL",
    ] {
        assert!(!is_secret_name(name), "{name} should not be secret");
    }
}

fn hidden(path: &str, text: &str) -> String {
    let mut source = Source::new(path, text);
    mask(&mut source, &mut Registry::default());
    source.excerpt(1, 99).lines.join("\n")
}

#[test]
fn values_are_hidden_in_every_kind_of_file() {
    for (path, text, expected) in [
        (
            ".env",
            "SECRET_KEY='canary-x' # c\nA=b",
            "SECRET_KEY='***' # c\nA=b\n",
        ),
        (
            "c.yml",
            "    SECRET_KEY: canary x\n    A: b",
            "    SECRET_KEY: ***\n    A: b",
        ),
        ("c.yml", "  - DB_PASSWORD=canary-x", "  - DB_PASSWORD=***"),
        (
            "c.yml",
            "  - \"DB_PASSWORD=canary x\"",
            "  - \"DB_PASSWORD=***\"",
        ),
        (
            "c.yml",
            "  PASSWORD: ${PW:-canary}",
            "  PASSWORD: ${PW:-***}",
        ),
        ("c.yml", "  PASSWORD: ${PW}", "  PASSWORD: ${PW}"),
        ("Dockerfile", "ENV API_KEY canary-x", "ENV API_KEY ***"),
        (
            "Dockerfile",
            "ENV A=b API_KEY=canary-x C=d",
            "ENV A=b API_KEY=*** C=d",
        ),
        (
            "x.service",
            "Environment=\"TOKEN=canary x\"",
            "Environment=\"TOKEN=***\"",
        ),
        ("x.toml", "password = \"canary\"", "password = \"***\""),
        (
            "x.toml",
            "token-bucket = \"^1.2.3\"",
            "token-bucket = \"^1.2.3\"",
        ),
        (
            "x.sh",
            "tool --password canary run",
            "tool --password *** run",
        ),
        ("a.json", "{\"token\":\"canary\"}", "{\"token\":\"***\"}"),
        (
            "requirements.txt",
            "x @ git+https://canary-token@github.com/o/r",
            "x @ git+https://***@github.com/o/r",
        ),
        ("requirements.txt", "token-bucket==1.0", "token-bucket==1.0"),
        (
            "pip.conf",
            "index-url = https://u:canary@h/simple",
            "index-url = https://u:***@h/simple",
        ),
        (
            "a.yml",
            "u: https://h/?token=canary&x=1",
            "u: https://h/?token=***&x=1",
        ),
    ] {
        assert_eq!(
            hidden(path, text).trim_end(),
            expected.trim_end(),
            "{path}: {text}"
        );
    }
    let pem = "-----BEGIN RSA PRIVATE KEY-----\ncanary\n-----END RSA PRIVATE KEY-----\n";
    assert!(!hidden("x.pem", pem).contains("canary"));
}

#[test]
fn decoded_passwords_are_registered_too() {
    let mut registry = Registry::default();
    register_urls(&mut registry, "postgresql://u:canary%40x@h/d");
    assert_eq!(
        registry.apply("got canary@x and canary%40x"),
        "got *** and ***"
    );
}
