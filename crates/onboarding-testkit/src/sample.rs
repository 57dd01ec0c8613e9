//! Sample data, the same in every run: ids that sort as they are numbered, records, names of many peoples, and
//! aggregates at every stage. Whether a journey leads there is not asked here.

mod aggregates;
mod mails;

pub use aggregates::{
    account, approvable, clerk, clerk_reset, closed, completable, ended, journey, membership, registration, requesting_reset, roster,
    signed_out,
};
pub use mails::mail_params;

use onboarding_core::record::RecordStatus;
use onboarding_core::{
    AccountId, ClerkId, DeliveryId, Digest, EmailAddress, Language, MembershipId, PortalSlug, Record, RecordId, RecordNumber,
    RegistrationId, RosterId, SessionId, Uuid,
};
use uuid::Builder;

/// An id of version 7: a higher number is a younger id. `kind` keeps things apart that carry the same number.
pub fn uuid(kind: u8, number: u64) -> Uuid {
    Builder::from_unix_timestamp_millis(1_767_600_000_000 + number, &[0, 0, 0, 0, 0, 0, 0, 0, 0, kind]).into_uuid()
}

/// The id of a registration.
pub fn registration_id(number: u64) -> RegistrationId {
    RegistrationId(uuid(1, number))
}

/// The id of an account.
pub fn account_id(number: u64) -> AccountId {
    AccountId(uuid(2, number))
}

/// The id of a membership.
pub fn membership_id(number: u64) -> MembershipId {
    MembershipId(uuid(3, number))
}

/// The id of a roster.
pub fn roster_id(number: u64) -> RosterId {
    RosterId(uuid(4, number))
}

/// The id of a clerk.
pub fn clerk_id(number: u64) -> ClerkId {
    ClerkId(uuid(10, number))
}

/// The id of a delivery.
pub fn delivery_id(number: u64) -> DeliveryId {
    DeliveryId(uuid(5, number))
}

/// The id of a session.
pub fn session_id(number: u64) -> SessionId {
    SessionId(uuid(6, number))
}

/// The portal of the sample data.
pub fn portal() -> PortalSlug {
    PortalSlug::parse("sample").expect("the slug has the form of a slug")
}

/// Another portal, where the same things are other things.
pub fn neighbour() -> PortalSlug {
    PortalSlug::parse("neighbour").expect("the slug has the form of a slug")
}

/// An address.
///
/// # Panics
/// If the text is none.
pub fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("the sample is an e-mail address")
}

/// A number.
///
/// # Panics
/// If the text is none.
pub fn number(text: &str) -> RecordNumber {
    RecordNumber::parse(text).expect("the sample is a record's number")
}

/// A digest of key 1 that differs from that of every other number.
pub fn digest(number: u64) -> Digest {
    let mut bytes = [0xd1; 32];
    bytes[24..].copy_from_slice(&number.to_be_bytes());
    Digest { key: 1, bytes }
}

/// An open record with everything filled in. Its id follows from the number.
///
/// # Panics
/// If the text is no number.
pub fn sample_record(written: &str) -> Record {
    let number = number(written);
    Record {
        id: record_id(&number),
        number,
        written: written.to_owned(),
        name: "Muster & Söhne".to_owned(),
        first_name: "Erika".to_owned(),
        last_name: "Mustermann".to_owned(),
        street: "Heidestraße 17".to_owned(),
        postal_code: "51147".to_owned(),
        city: "Köln".to_owned(),
        country: "DE".to_owned(),
        email: Some(email("erika@mail.example")),
        language: Some(Language::De),
        status: RecordStatus::Open,
    }
}

/// The id that [`sample_record`] gives the record of this number.
pub fn record_id(number: &RecordNumber) -> RecordId {
    let hash = number.as_str().bytes().fold(0_u64, |hash, byte| hash.wrapping_mul(131).wrapping_add(u64::from(byte)));
    RecordId(uuid(7, hash % (1 << 40)))
}

/// Records whose names and places break what was only tried with `Müller`: first name, last name, street, postal code, town, country.
const ODD: [[&str; 6]; 12] = [
    ["Zoë", "Müller-Lüdenscheidt", "Am Römerberg 3 ½", "65929", "Höchst", "DE"],
    ["José María", "de la Cruz y Ñíguez", "C/ Mayor, 1º B", "28013", "Madrid", "ES"],
    ["Séamus", "O’Neill", "Flat 4/2", "SW1A 1AA", "London", "GB"],
    ["", "D'Angelo", "Via dell'Orso 5", "06121", "Perugia", "IT"],
    ["Nguyễn", "Thị Minh Khai", "Rue de l’Église 7", "L-1458", "Luxembourg", "LU"],
    ["Łukasz", "Brzęczyszczykiewicz", "ul. Żółta 9", "00-950", "Łódź", "PL"],
    ["İlknur", "Işık", "Çiçek Sokağı 12", "34000", "İstanbul", "TR"],
    ["Dr. Ludwig", "Freiherr von und zu Groß", "Schloss", "A-1010", "Wien", "AT"],
    ["J. R.", "Ng", "Bahnhofstrasse 1", "CH-8001", "Zürich", "CH"],
    ["", "", "", "", "", ""],
    ["Jose\u{301}", "Go\u{308}bel", "Mu\u{308}hlweg 2", "01067", "Dresden", "DE"],
    [
        "Anne-Sophie",
        "Lefèvre dit Œillet de la Très-Longue-Maison-Sans-Fin-Près-De-La-Rivière",
        "12 bis, allée des Hêtres",
        "75003",
        "Paris",
        "FR",
    ],
];

/// Records with odd names: marks and apostrophes of several kinds, decomposed letters, one letter more than a line, and
/// nothing at all. Numbers `ODD-0001` and on.
pub fn odd_records() -> Vec<Record> {
    let row = |(at, fields): (usize, &[&str; 6])| {
        let [first_name, last_name, street, postal_code, city, country] = fields.map(str::to_owned);
        let record = sample_record(&format!("ODD-{:04}", at + 1));
        Record { name: String::new(), first_name, last_name, street, postal_code, city, country, email: None, language: None, ..record }
    };
    ODD.iter().enumerate().map(row).collect()
}
