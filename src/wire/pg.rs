//! Messages that a PostgreSQL server sends, read incrementally and within limits.
//!
//! Source: PostgreSQL manual, "Message Formats" and "Error and Notice Message Fields".

/// SSLRequest: length 8, code 80877103.
pub const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Longest message accepted, in bytes. The ladder asks for a few short rows only.
pub const MAX_MESSAGE: usize = 256 * 1024;
/// Most rounds of hashing that a server may ask for: PostgreSQL's default is 4,096, and a million
/// takes about a second. A hostile server could ask for four thousand times that.
pub const MAX_ITERATIONS: u64 = 1_000_000;
/// Most bytes accepted on one connection.
pub const MAX_TOTAL: usize = 4 * 1024 * 1024;

/// What the server wants for authentication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthRequest {
    /// Authenticated.
    Ok,
    /// The password itself.
    ClearText,
    /// MD5 of password, user and salt.
    Md5,
    /// One of these mechanisms.
    Sasl(Vec<String>),
    /// A step of a SASL exchange; the rounds of hashing that SCRAM asks for.
    SaslContinue(u64),
    /// Last step of a SASL exchange.
    SaslFinal,
    /// Another method, by its number.
    Other(u32),
}

/// ErrorResponse or NoticeResponse.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServerError {
    /// All fields with their type byte, in the order of the message.
    pub fields: Vec<(char, String)>,
}

impl ServerError {
    fn field(&self, key: char) -> &str {
        self.fields
            .iter()
            .find(|(kind, _)| *kind == key)
            .map_or("", |(_, text)| text.as_str())
    }

    /// Severity: `FATAL`, `ERROR`, ...
    pub fn severity(&self) -> &str {
        match self.field('S') {
            "" => self.field('V'),
            severity => severity,
        }
    }

    /// SQLSTATE, five characters.
    pub fn code(&self) -> &str {
        self.field('C')
    }

    /// Primary message.
    pub fn message(&self) -> &str {
        self.field('M')
    }

    /// Detail, may be empty.
    pub fn detail(&self) -> &str {
        self.field('D')
    }

    /// Hint, may be empty.
    pub fn hint(&self) -> &str {
        self.field('H')
    }
}

/// A message as far as the ladder looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// `R`
    Authentication(AuthRequest),
    /// `E`
    Error(ServerError),
    /// `S`: name and value of a parameter.
    Parameter(String, String),
    /// `K`: process id in the cancellation key.
    Key(i32),
    /// `Z`
    Ready,
    /// Everything else, by its type byte.
    Other(u8),
}

/// Why a stream is not taken any further.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// The bytes are no PostgreSQL message.
    #[error("the server sent bytes that are no PostgreSQL message (first byte 0x{0:02x})")]
    Garbage(u8),
    /// A message claims to be longer than [`MAX_MESSAGE`].
    #[error("the server announced a message of {0} bytes; the probe reads at most {MAX_MESSAGE}")]
    TooLong(usize),
    /// SCRAM with more than [`MAX_ITERATIONS`] rounds.
    #[error(
        "the server asks for {0} rounds of SCRAM hashing; the probe does at most {MAX_ITERATIONS}"
    )]
    TooManyRounds(u64),
    /// More than [`MAX_TOTAL`] bytes came.
    #[error("the server sent more than {MAX_TOTAL} bytes")]
    TooMuch,
}

/// Cuts a byte stream into messages without ever holding more than one message.
#[derive(Debug, Default)]
pub struct Reader {
    buffer: Vec<u8>,
    total: usize,
}

impl Reader {
    /// Takes bytes as they arrive and hands out the messages that are complete.
    ///
    /// # Errors
    /// [`StreamError`] as soon as a message cannot be one of PostgreSQL's or a limit is passed.
    pub fn feed(&mut self, bytes: &[u8], mut take: impl FnMut(Message)) -> Result<(), StreamError> {
        self.total += bytes.len();
        if self.total > MAX_TOTAL {
            return Err(StreamError::TooMuch);
        }
        self.buffer.extend_from_slice(bytes);
        let mut start = 0;
        while let Some(head) = self.buffer.get(start..start + 5) {
            let tag = head[0];
            let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
            if !known(tag) || length < 4 {
                return Err(StreamError::Garbage(tag));
            }
            if length > MAX_MESSAGE {
                return Err(StreamError::TooLong(length));
            }
            let Some(body) = self.buffer.get(start + 5..start + 1 + length) else {
                break;
            };
            let message = message(tag, body);
            if let Message::Authentication(AuthRequest::SaslContinue(rounds)) = message
                && rounds > MAX_ITERATIONS
            {
                return Err(StreamError::TooManyRounds(rounds));
            }
            take(message);
            start += 1 + length;
        }
        // A first byte that opens no message is garbage already, however few bytes came.
        if let Some(tag) = self.buffer.get(start).filter(|tag| !known(**tag)) {
            return Err(StreamError::Garbage(*tag));
        }
        self.buffer.drain(..start);
        Ok(())
    }
}

/// Type bytes that a server may send to a client that copies and replicates nothing.
fn known(tag: u8) -> bool {
    b"RESKZNTDCI123tnAvsVGHWcd".contains(&tag)
}

fn message(tag: u8, body: &[u8]) -> Message {
    match tag {
        b'R' => Message::Authentication(authentication(body)),
        b'E' => Message::Error(server_error(body)),
        b'S' => {
            let mut parts = strings(body);
            Message::Parameter(
                parts.next().unwrap_or_default(),
                parts.next().unwrap_or_default(),
            )
        }
        b'K' => Message::Key(int(body).cast_signed()),
        b'Z' => Message::Ready,
        other => Message::Other(other),
    }
}

fn authentication(body: &[u8]) -> AuthRequest {
    match int(body) {
        0 => AuthRequest::Ok,
        3 => AuthRequest::ClearText,
        5 => AuthRequest::Md5,
        10 => AuthRequest::Sasl(
            strings(body.get(4..).unwrap_or_default())
                .filter(|name| !name.is_empty())
                .collect(),
        ),
        11 => AuthRequest::SaslContinue(iterations(body.get(4..).unwrap_or_default())),
        12 => AuthRequest::SaslFinal,
        other => AuthRequest::Other(other),
    }
}

/// `i=` of a SCRAM server-first-message (RFC 5802, section 7).
fn iterations(body: &[u8]) -> u64 {
    body.split(|b| *b == b',')
        .find_map(|part| part.strip_prefix(b"i="))
        .and_then(|digits| std::str::from_utf8(digits).ok())
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0)
}

/// Fields of an ErrorResponse body.
pub fn server_error(body: &[u8]) -> ServerError {
    let fields = body
        .split(|b| *b == 0)
        .filter_map(|field| {
            let (kind, text) = field.split_first()?;
            Some((
                char::from(*kind),
                String::from_utf8_lossy(text).into_owned(),
            ))
        })
        .collect();
    ServerError { fields }
}

fn int(body: &[u8]) -> u32 {
    body.first_chunk::<4>()
        .map_or(u32::MAX, |b| u32::from_be_bytes(*b))
}

fn strings(body: &[u8]) -> impl Iterator<Item = String> + '_ {
    body.split(|b| *b == 0)
        .map(|s| String::from_utf8_lossy(s).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(tag: u8, body: &[u8]) -> Vec<u8> {
        let mut out = vec![tag];
        out.extend(u32::try_from(body.len() + 4).unwrap().to_be_bytes());
        out.extend(body);
        out
    }

    fn read(reader: &mut Reader, bytes: &[u8]) -> Result<Vec<Message>, StreamError> {
        let mut out = Vec::new();
        reader.feed(bytes, |m| out.push(m)).map(|()| out)
    }

    #[test]
    fn messages_are_cut_wherever_the_bytes_break() {
        let mut stream = framed(b'R', b"\0\0\0\x0aSCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0");
        stream.extend(framed(b'S', b"server_version\x0015.18\0"));
        stream.extend(framed(b'K', &[0, 0, 1, 0, 9, 9, 9, 9]));
        stream.extend(framed(b'E', b"SFATAL\0C28P01\0Mno\0\0"));
        let mut expected = None;
        for step in [1, 2, 7, stream.len()] {
            let mut reader = Reader::default();
            let mut out = Vec::new();
            for chunk in stream.chunks(step) {
                out.extend(read(&mut reader, chunk).unwrap());
            }
            assert_eq!(out.len(), 4, "step {step}: {out:?}");
            assert_eq!(*expected.get_or_insert_with(|| out.clone()), out);
        }
        let expected = expected.unwrap();
        assert_eq!(
            expected[0],
            Message::Authentication(AuthRequest::Sasl(vec![
                "SCRAM-SHA-256-PLUS".into(),
                "SCRAM-SHA-256".into()
            ]))
        );
        assert_eq!(expected[2], Message::Key(256));
        let Message::Error(error) = &expected[3] else {
            panic!("{:?}", expected[3])
        };
        assert_eq!(
            (error.severity(), error.code(), error.message()),
            ("FATAL", "28P01", "no")
        );
    }

    #[test]
    fn garbage_and_giants_end_the_stream_at_once() {
        let http = read(&mut Reader::default(), b"HTTP/1.1 400");
        assert_eq!(http, Err(StreamError::TooLong(1_414_811_695)));
        let mysql = read(&mut Reader::default(), b"J");
        assert_eq!(mysql, Err(StreamError::Garbage(b'J')));
        let giant = read(&mut Reader::default(), &[b'D', 0x3f, 0, 0, 0]);
        assert_eq!(giant, Err(StreamError::TooLong(0x3f00_0000)));
        let rounds = framed(b'R', b"\0\0\0\x0br=x,s=y,i=4000000000");
        assert_eq!(
            read(&mut Reader::default(), &rounds),
            Err(StreamError::TooManyRounds(4_000_000_000))
        );
        let mut flood = Reader::default();
        let notice = framed(b'N', &vec![b'x'; 200_000]);
        let end = (0..100).find_map(|_| read(&mut flood, &notice).err());
        assert_eq!(end, Some(StreamError::TooMuch));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300), step in 1usize..9) {
            let mut reader = Reader::default();
            for chunk in bytes.chunks(step) {
                if reader.feed(chunk, |_| ()).is_err() { break }
            }
        }
    }
}
