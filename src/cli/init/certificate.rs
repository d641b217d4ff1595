//! The certificate that a new school begins with: self-signed, for two years, P-256.
//!
//! A school that has one of its own puts it in its place. It must not know where it is kept.

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
};
use zeroize::Zeroizing;

use crate::cli::failure::Failure;
use crate::cli::words;
use crate::clock::Timestamp;
use crate::config::words::Value;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Certificate and private key in PEM. Callers trust it by taking the certificate itself as their CA.
pub(in crate::cli) fn make(hosts: &[String], now: Timestamp) -> Result<(String, Zeroizing<String>), Failure> {
    let unfit = || {
        let reason =
            Value::Each("no certificate can be made for it", "daar is geen certificaat voor te maken");
        Failure::new(&words::ANSWER_UNFIT, [("key", "hosts".into()), ("reason", reason)])
    };
    let mut params = CertificateParams::new(hosts.to_vec()).map_err(|_| unfit())?;
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, hosts.first().map_or("sluis", String::as_str));
    params.distinguished_name = name;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let day = |moment: Timestamp| {
        let (year, month, day) = date(moment)?;
        Some(rcgen::date_time_ymd(year, month, day))
    };
    let end = Timestamp::from_millis(now.as_millis() + 730 * DAY_MS);
    let begin = Timestamp::from_millis(now.as_millis().saturating_sub(DAY_MS));
    params.not_before = day(begin).ok_or_else(unfit)?;
    params.not_after = day(end).ok_or_else(unfit)?;
    let key = KeyPair::generate().map_err(|_| unfit())?;
    let certificate = params.self_signed(&key).map_err(|_| unfit())?;
    Ok((certificate.pem(), Zeroizing::new(key.serialize_pem())))
}

/// Year, month and day of a moment, UTC.
pub(super) fn date(moment: Timestamp) -> Option<(i32, u8, u8)> {
    let text = moment.rfc3339();
    let mut parts = text.split('T').next()?.split('-');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}
