// The bindings are written by each build.
#[path = "../build/bindings/bindings.rs"]
mod bindings;
mod sha256;
mod text;

use bindings::exports::crypto::{Error, Guest, Token};
use sha256::{hmac, Digest, Sha256};

const MAX_DATA: usize = 16 << 20;
const MAX_TOKEN: usize = 64 << 10;
const MIN_KEY: usize = 32;
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

struct Component;

impl Guest for Component {
    fn sha256(data: Vec<u8>) -> Result<String, Error> {
        check_length("data", data.len(), MAX_DATA)?;
        Ok(hex(&Sha256::new().update(&data).finish()))
    }

    fn hmac_sha256(key: Vec<u8>, data: Vec<u8>) -> Result<String, Error> {
        check_length("key", key.len(), MAX_DATA)?;
        check_length("data", data.len(), MAX_DATA)?;
        Ok(hex(&hmac(&key, &data)))
    }

    fn verify(token: String, key: Vec<u8>, now: i64) -> Result<Token, Error> {
        check_length("token", token.len(), MAX_TOKEN)?;
        check_key(&key)?;
        let (signed, signature) = token.rsplit_once('.').ok_or_else(|| malformed("it has no parts"))?;
        let (header, claims) = signed.split_once('.').ok_or_else(|| malformed("it has two parts and not three"))?;
        let (header, claims) = (part("header", header)?, part("claims", claims)?);
        let described = text::members(&header).ok_or_else(|| malformed("the header is no JSON object"))?;

        // Whoever wrote the token chose the header: it never decides how the signature is checked.
        match member(&described, "alg")? {
            Some("\"HS256\"") => {}
            other => return Err(Error::Algorithm(other.unwrap_or("none").trim_matches('"').to_string())),
        }
        if member(&described, "crit")?.is_some() {
            return Err(malformed("the header has extensions that must be understood (`crit`)"));
        }
        let given = text::decode(signature).ok_or_else(|| malformed("the signature is not base64url"))?;
        if !is_same(&given, &hmac(&key, signed.as_bytes())) {
            return Err(Error::Signature);
        }

        let stated = text::members(&claims).ok_or_else(|| malformed("the claims are no JSON object"))?;
        let (expires, not_before) = (time(&stated, "exp")?, time(&stated, "nbf")?);
        match (expires, not_before) {
            (Some(end), _) if now >= end => return Err(Error::Expired(end)),
            (_, Some(start)) if now < start => return Err(Error::NotYetValid(start)),
            _ => {}
        }
        Ok(Token { header, claims, expires, not_before })
    }

    fn sign(claims: String, key: Vec<u8>) -> Result<String, Error> {
        check_length("claims", claims.len(), MAX_TOKEN / 2)?;
        check_key(&key)?;
        text::members(&claims).ok_or_else(|| malformed("the claims are no JSON object"))?;
        let mut token = format!("{}.{}", text::encode(HEADER.as_bytes()), text::encode(claims.as_bytes()));
        let signature = text::encode(&hmac(&key, token.as_bytes()));
        token.push('.');
        token.push_str(&signature);
        Ok(token)
    }
}

bindings::component!(Component);
bindings::small_allocator!();

fn check_length(what: &str, length: usize, most: usize) -> Result<(), Error> {
    if length > most { Err(Error::TooLong(format!("{what} has {length} bytes; at most {most} are taken"))) } else { Ok(()) }
}

fn check_key(key: &[u8]) -> Result<(), Error> {
    check_length("key", key.len(), MAX_DATA)?;
    if key.len() < MIN_KEY { Err(Error::WeakKey(key.len() as u32)) } else { Ok(()) }
}

fn malformed(what: &str) -> Error {
    Error::Malformed(what.to_string())
}

fn part(name: &str, encoded: &str) -> Result<String, Error> {
    let bytes = text::decode(encoded).ok_or_else(|| malformed(&format!("the {name} is not base64url")))?;
    String::from_utf8(bytes).map_err(|_| malformed(&format!("the {name} is not UTF-8")))
}

/// A member of an object. One that is there twice would mean one thing here and another elsewhere.
fn member<'a>(members: &[(&str, &'a str)], name: &str) -> Result<Option<&'a str>, Error> {
    let mut found = members.iter().filter(|member| member.0 == name);
    let first = found.next().map(|member| member.1);
    if found.next().is_some() { Err(malformed(&format!("`{name}` is there twice"))) } else { Ok(first) }
}

/// RFC 7519, section 2: seconds since 1970, which may have a fraction.
fn time(claims: &[(&str, &str)], name: &str) -> Result<Option<i64>, Error> {
    member(claims, name)?
        .map(|value| value.split('.').next().unwrap_or(value).parse().map_err(|_| malformed(&format!("`{name}` is no number of seconds"))))
        .transpose()
}

/// Compares all bytes, so that the time does not tell how many of them are right.
fn is_same(given: &[u8], expected: &Digest) -> bool {
    given.len() == expected.len() && given.iter().zip(expected).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

fn hex(digest: &Digest) -> String {
    let mut text = String::with_capacity(64);
    for &byte in digest {
        for digit in [byte >> 4, byte & 15] {
            text.push(b"0123456789abcdef"[digit as usize] as char);
        }
    }
    text
}
