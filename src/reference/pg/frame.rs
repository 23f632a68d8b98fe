//! The forms of a client's messages (manual section 55.7), checked before the protocol library
//! sees them: its decoders take lengths and counts on trust and panic when they lie.

/// What is wrong with a message, in PostgreSQL's words.
pub type Malformed = &'static str;

const SHORT: Malformed = "insufficient data left in message";
const LONG: Malformed = "invalid message format";
const OPEN: Malformed = "invalid string in message";

/// The cancel request stands where a protocol version would.
const CANCEL: [u8; 4] = [4, 210, 22, 46];

/// Checks a message without a tag: a start-up message or a cancel request. `body` is what
/// follows the length.
///
/// # Errors
/// When it does not have the form.
pub fn first(body: &[u8]) -> Result<(), Malformed> {
    let mut rest = Body(body);
    let code = rest.take(4)?;
    if code == CANCEL {
        // Process id and a key of 4 to 256 bytes.
        return match rest.0.len() {
            8..=260 => Ok(()),
            _ => Err(LONG),
        };
    }
    // Pairs of strings up to an empty name.
    while !rest.string()?.is_empty() {
        rest.string()?;
    }
    rest.end()
}

/// Checks a message with a tag.
///
/// # Errors
/// When the body does not have the form that its tag asks for.
pub fn tagged(tag: u8, body: &[u8]) -> Result<(), Malformed> {
    let mut rest = Body(body);
    match tag {
        b'Q' | b'f' => rest.string().map(|_| ())?,
        b'P' => parse(&mut rest)?,
        b'B' => bind(&mut rest)?,
        b'C' | b'D' => {
            rest.take(1)?;
            rest.string()?;
        }
        b'E' => {
            rest.string()?;
            rest.take(4)?;
        }
        // Their meaning depends on the method of authentication; data means what it wants.
        b'p' | b'd' => return Ok(()),
        b'H' | b'S' | b'X' | b'c' => {}
        _ => return Err("invalid frontend message type"),
    }
    rest.end()
}

/// Checks the first answer to a request for SASL authentication.
///
/// # Errors
/// When it does not have the form.
pub fn sasl_initial(body: &[u8]) -> Result<(), Malformed> {
    let mut rest = Body(body);
    rest.string()?;
    match rest.signed()? {
        -1 => {}
        length => {
            rest.take(usize::try_from(length).map_err(|_| SHORT)?)?;
        }
    }
    rest.end()
}

fn parse(rest: &mut Body<'_>) -> Result<(), Malformed> {
    rest.string()?;
    rest.string()?;
    let types = rest.count()?;
    rest.take(types * 4).map(|_| ())
}

fn bind(rest: &mut Body<'_>) -> Result<(), Malformed> {
    rest.string()?;
    rest.string()?;
    let formats = rest.count()?;
    rest.take(formats * 2)?;
    for _ in 0..rest.count()? {
        if let Ok(length) = usize::try_from(rest.signed()?) {
            rest.take(length)?;
        }
    }
    let formats = rest.count()?;
    rest.take(formats * 2).map(|_| ())
}

struct Body<'a>(&'a [u8]);

impl<'a> Body<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(SHORT)?;
        self.0 = rest;
        Ok(taken)
    }

    fn string(&mut self) -> Result<&'a [u8], Malformed> {
        let end = self.0.iter().position(|byte| *byte == 0).ok_or(OPEN)?;
        let text = self.take(end)?;
        self.take(1)?;
        Ok(text)
    }

    fn count(&mut self) -> Result<usize, Malformed> {
        let bytes = self.take(2)?;
        Ok(usize::from(bytes[0]) << 8 | usize::from(bytes[1]))
    }

    fn signed(&mut self) -> Result<i32, Malformed> {
        let bytes = self.take(4)?.iter();
        let number = bytes.fold(0u32, |sum, byte| (sum << 8) | u32::from(*byte));
        Ok(number.cast_signed())
    }

    fn end(&self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(LONG) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_messages_pass_and_every_shorter_one_fails() {
        let cases: [(u8, &[u8]); 7] = [
            (b'Q', b"select 1\0"),
            (b'P', b"name\0select $1\0\0\x02\0\0\0\x19\0\0\0\x17"),
            (
                b'B',
                b"p\0s\0\0\x01\0\x01\0\x02\xff\xff\xff\xff\0\0\0\x03abc\0\x01\0\0",
            ),
            (b'D', b"Sname\0"),
            (b'C', b"P\0"),
            (b'E', b"p\0\0\0\0\0"),
            (b'f', b"no\0"),
        ];
        for (tag, body) in cases {
            assert_eq!(tagged(tag, body), Ok(()), "{}", char::from(tag));
            for n in 0..body.len() {
                assert!(tagged(tag, &body[..n]).is_err(), "{}: {n}", char::from(tag));
            }
            let longer = [body, b"x"].concat();
            assert!(tagged(tag, &longer).is_err(), "{} longer", char::from(tag));
        }
    }

    #[test]
    fn first_messages() {
        assert_eq!(first(b"\0\x03\0\0user\0a\0\0"), Ok(()));
        assert_eq!(first(b"\0\x03\0\0\0"), Ok(()));
        assert_eq!(first(b"\x04\xd2\x16\x2e\0\0\0\x01\0\0\0\x02"), Ok(()));
        for wrong in [
            &b"\0\x03"[..],
            b"\0\x03\0\0user\0a\0",
            b"\x04\xd2\x16\x2e\0\0",
        ] {
            assert!(first(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn sasl_answers() {
        assert_eq!(sasl_initial(b"SCRAM-SHA-256\0\0\0\0\x02n,"), Ok(()));
        assert_eq!(sasl_initial(b"SCRAM-SHA-256\0\xff\xff\xff\xff"), Ok(()));
        assert!(sasl_initial(b"SCRAM-SHA-256\0\x7f\xff\xff\xff").is_err());
        assert!(sasl_initial(b"SCRAM-SHA-256\0\xff\xff\xff\xfe").is_err());
        assert!(sasl_initial(b"password\0").is_err());
    }
}
