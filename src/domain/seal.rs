//! Cursors as clients get them: sealed, so that nobody reads in them what a list may not show, and
//! nobody makes one.
//!
//! AES-256-GCM-SIV (RFC 8452) under a key that is derived from the service's secret (HKDF, RFC 5869):
//! every instance with the secret opens what another sealed. The nonce is always the same, for which
//! this cipher is made: all that shows is that two cursors are equal, which they are when they are of
//! the same place in the same list.

use std::sync::Arc;

use aws_lc_rs::{
    aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, Salt},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, NaiveDate};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    page::{Binding, Cursor, PageError},
    scalar::{Fraction, Scalar},
};

/// How every cursor of this form begins.
const PREFIX: &str = "c3.";
/// Cursors with a text in them are as long as one of the next so many bytes, so that their length does
/// not tell that of the text.
const TEXT_STEP: usize = 16;

/// Seals cursors and opens them.
#[derive(Clone)]
pub struct Seal(Option<Arc<LessSafeKey>>);

impl std::fmt::Debug for Seal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Seal")
    }
}

/// A cursor could not be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a cursor could not be sealed")]
pub struct Unsealable;

impl Seal {
    /// A seal of the service's own secret.
    #[must_use]
    pub fn new(secret: &SecretString) -> Self {
        let derived = || {
            let salt = Salt::new(HKDF_SHA256, b"dialgraph cursors v3");
            let mut key = [0; 32];
            salt.extract(secret.expose_secret().as_bytes())
                .expand(&[b"aes-256-gcm-siv"], HKDF_SHA256)?
                .fill(&mut key)?;
            UnboundKey::new(&AES_256_GCM_SIV, &key)
        };
        Self(derived().ok().map(|key| Arc::new(LessSafeKey::new(key))))
    }

    /// The opaque text that clients get for a cursor; `binding` says what it may be used with.
    ///
    /// # Errors
    /// [`Unsealable`] if the cipher fails, which it does not.
    pub fn close(&self, cursor: &Cursor, binding: &Binding) -> Result<String, Unsealable> {
        let key = self.0.as_ref().ok_or(Unsealable)?;
        let mut bytes = binding.fingerprint().to_be_bytes().to_vec();
        write(&cursor.0, &mut bytes);
        if cursor
            .0
            .iter()
            .any(|value| matches!(value, Scalar::Text(_)))
        {
            bytes.resize(bytes.len().next_multiple_of(TEXT_STEP), 0);
        }
        key.seal_in_place_append_tag(nonce(), Aad::from(PREFIX), &mut bytes)
            .map_err(|_| Unsealable)?;
        Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Reads a cursor back.
    ///
    /// # Errors
    /// [`PageError::InvalidCursor`] for a text that is no cursor, [`PageError::ForeignCursor`] for
    /// one of another list, ordering or filter.
    pub fn open(&self, text: &str, binding: &Binding) -> Result<Cursor, PageError> {
        let bytes = self.opened(text).ok_or(PageError::InvalidCursor)?;
        let (fingerprint, keys) = bytes.split_first_chunk().ok_or(PageError::InvalidCursor)?;
        if u64::from_be_bytes(*fingerprint) != binding.fingerprint() {
            return Err(PageError::ForeignCursor);
        }
        let cursor = read(keys, binding.length()).map(Cursor);
        cursor
            .filter(|cursor| binding.fits(cursor))
            .ok_or(PageError::InvalidCursor)
    }

    fn opened(&self, text: &str) -> Option<Vec<u8>> {
        let sealed = text.strip_prefix(PREFIX)?;
        let mut bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let key = self.0.as_ref()?;
        let open = key.open_in_place(nonce(), Aad::from(PREFIX), &mut bytes);
        let length = open.ok()?.len();
        bytes.truncate(length);
        Some(bytes)
    }
}

fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

/// What a value is, as one letter.
mod tag {
    pub const NULL: u8 = b'n';
    pub const INT: u8 = b'i';
    pub const TEXT: u8 = b's';
    pub const TIME: u8 = b't';
    pub const DATE: u8 = b'd';
    pub const NO: u8 = b'0';
    pub const YES: u8 = b'1';
    pub const FRACTION: u8 = b'f';
}

fn write(values: &[Scalar], bytes: &mut Vec<u8>) {
    for value in values {
        match value {
            Scalar::Null => bytes.push(tag::NULL),
            Scalar::Int(number) => {
                bytes.push(tag::INT);
                bytes.extend(number.to_be_bytes());
            }
            Scalar::Text(text) => {
                bytes.push(tag::TEXT);
                let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
                bytes.extend(length.to_be_bytes());
                bytes.extend(text.as_bytes());
            }
            Scalar::Time(time) => {
                bytes.push(tag::TIME);
                bytes.extend(time.timestamp().to_be_bytes());
                bytes.extend(time.timestamp_subsec_nanos().to_be_bytes());
            }
            Scalar::Date(day) => {
                bytes.push(tag::DATE);
                bytes.extend(day.to_epoch_days().to_be_bytes());
            }
            Scalar::Bool(yes) => bytes.push(if *yes { tag::YES } else { tag::NO }),
            Scalar::Fraction(fraction) => {
                bytes.push(tag::FRACTION);
                bytes.extend(fraction.get().to_be_bytes());
            }
        }
    }
}

/// So many values; whatever follows them fills the text up.
fn read(mut bytes: &[u8], count: usize) -> Option<Vec<Scalar>> {
    let mut values = Vec::with_capacity(count);
    for _ in 0..count {
        let (tag, rest) = bytes.split_first()?;
        bytes = rest;
        values.push(match *tag {
            tag::NULL => Scalar::Null,
            tag::NO => Scalar::Bool(false),
            tag::YES => Scalar::Bool(true),
            tag::INT => Scalar::Int(i64::from_be_bytes(take(&mut bytes)?)),
            tag::TIME => {
                let seconds = i64::from_be_bytes(take(&mut bytes)?);
                let nanos = u32::from_be_bytes(take(&mut bytes)?);
                Scalar::Time(DateTime::from_timestamp(seconds, nanos)?)
            }
            tag::DATE => {
                let days = i32::from_be_bytes(take(&mut bytes)?);
                Scalar::Date(NaiveDate::from_epoch_days(days)?)
            }
            tag::FRACTION => Scalar::Fraction(Fraction::new(f64::from_be_bytes(take(&mut bytes)?))),
            tag::TEXT => {
                let length = usize::try_from(u32::from_be_bytes(take(&mut bytes)?)).ok()?;
                let (text, rest) = bytes.split_at_checked(length)?;
                bytes = rest;
                Scalar::Text(String::from_utf8(text.to_vec()).ok()?)
            }
            _ => return None,
        });
    }
    Some(values)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        filter::{Filter, Test},
        page::OrderKey,
        scalar::Kind,
    };

    const SECRET: &str = "a secret of tests, with more than 32 bytes";

    fn seal() -> Seal {
        Seal::new(&SECRET.into())
    }

    fn newest(filter: Option<&Filter>) -> Binding {
        let order = [
            OrderKey::descending("call_time"),
            OrderKey::descending("id"),
        ];
        Binding::new("calls", &order, filter, vec![Kind::Time, Kind::Int])
    }

    fn by_name(name: &str) -> Binding {
        let order = [OrderKey::ascending("name"), OrderKey::ascending("id")];
        Binding::new(name, &order, None, vec![Kind::Text, Kind::Int])
    }

    fn named(name: &str) -> Cursor {
        Cursor(vec![Scalar::Text(name.to_owned()), Scalar::Int(7)])
    }

    #[test]
    fn a_cursor_is_read_by_its_own_list_on_every_instance() {
        let values = vec![
            Scalar::Null,
            Scalar::Int(-7),
            Scalar::Text("王 13812348000".to_owned()),
            Scalar::Text(String::new()),
            Scalar::Time("2026-11-19T01:00:00.123456Z".parse().unwrap()),
            Scalar::Time("1969-11-19T01:00:00.5Z".parse().unwrap()),
            Scalar::Date("2026-11-19".parse().unwrap()),
            Scalar::Bool(true),
            Scalar::Bool(false),
            Scalar::Fraction(Fraction::new(0.25)),
        ];
        let kinds = values.iter().map(|value| value.kind().unwrap_or(Kind::Int));
        let binding = Binding::new("x", &[], None, kinds.collect());
        let cursor = Cursor(values);
        let text = seal().close(&cursor, &binding).unwrap();
        assert_eq!(seal().open(&text, &binding), Ok(cursor));
    }

    #[test]
    fn a_cursor_is_short_and_the_same_each_time() {
        let time = "2026-11-19T01:00:00Z".parse().unwrap();
        let cursor = Cursor(vec![Scalar::Time(time), Scalar::Int(7)]);
        let text = seal().close(&cursor, &newest(None)).unwrap();
        assert_eq!(text, seal().close(&cursor, &newest(None)).unwrap());
        assert_eq!(text.len(), 65, "{text}");
    }

    #[test]
    fn nothing_shows_of_a_text() {
        let lengths = ["a", "1381234800"].map(|name| {
            let text = seal().close(&named(name), &by_name("tasks")).unwrap();
            let bytes = URL_SAFE_NO_PAD.decode(&text[PREFIX.len()..]).unwrap();
            assert!(
                !bytes
                    .windows(name.len())
                    .any(|part| part == name.as_bytes())
                    || name == "a"
            );
            text.len()
        });
        assert_eq!(lengths[0], lengths[1]);
        let texts = ["13812348000", "13812348001"]
            .map(|name| seal().close(&named(name), &by_name("tasks")).unwrap());
        let same = texts[0].bytes().zip(texts[1].bytes());
        let same = same.skip(PREFIX.len()).filter(|(a, b)| a == b).count();
        assert!(same < 12, "{texts:?}");
    }

    #[test]
    fn a_cursor_is_refused_by_another_list_order_and_filter() {
        let text = seal().close(&named("a"), &by_name("calls")).unwrap();
        let filter = Filter::Field("duration", Test::Missing);
        let other_order = [OrderKey::descending("name"), OrderKey::ascending("id")];
        let kinds = || vec![Kind::Text, Kind::Int];
        for binding in [
            by_name("tasks"),
            newest(None),
            newest(Some(&filter)),
            Binding::new("calls", &other_order, None, kinds()),
            by_name("calls").veiled(),
        ] {
            assert_eq!(seal().open(&text, &binding), Err(PageError::ForeignCursor));
        }
    }

    #[test]
    fn what_was_forged_or_is_of_another_secret_or_form_is_none() {
        let binding = by_name("calls");
        let text = seal().close(&named("a"), &binding).unwrap();
        let is_none = |text: &str| {
            assert_eq!(
                seal().open(text, &binding),
                Err(PageError::InvalidCursor),
                "{text}"
            );
        };
        for at in PREFIX.len()..text.len() {
            let mut forged = text.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            is_none(&String::from_utf8(forged).unwrap());
        }
        let old =
            URL_SAFE_NO_PAD.encode(r#"{"v":2,"l":"0123456789abcdef","k":[{"s":"a"},{"i":7}]}"#);
        for none in [
            "",
            "7",
            "c3.",
            &text[3..],
            &text[..text.len() - 2],
            &format!("{text}AAAA"),
            &old,
        ] {
            is_none(none);
        }
        let other = Seal::new(&"another secret of tests, with 32 bytes".into());
        is_none(&other.close(&named("a"), &binding).unwrap());
    }
}
