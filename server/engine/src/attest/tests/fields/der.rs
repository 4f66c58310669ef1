//! Where the fields of a certificate and of a list of revoked ones lie in their DER.

use super::{Field, complete};
use std::ops::Range;
use x509_cert::der::Decode as _;
use x509_cert::der::asn1::ObjectIdentifier;

/// One element: what it is, all of it, and what is inside.
struct Element {
    tag: u8,
    whole: Range<usize>,
    inside: Range<usize>,
}

impl Element {
    /// Tag and length.
    fn head(&self) -> Range<usize> {
        self.whole.start..self.inside.start
    }
}

fn elements(der: &[u8], within: Range<usize>) -> Vec<Element> {
    let mut all = vec![];
    let mut at = within.start;
    while at < within.end {
        let (bytes, length) = match der[at + 1] {
            short @ 0..0x80 => (0, short.into()),
            long => {
                let bytes = usize::from(long & 0x7f);
                let digits = &der[at + 2..at + 2 + bytes];
                (
                    bytes,
                    digits.iter().fold(0, |n, d| n << 8 | usize::from(*d)),
                )
            }
        };
        let inside = at + 2 + bytes..at + 2 + bytes + length;
        all.push(Element {
            tag: der[at],
            whole: at..inside.end,
            inside: inside.clone(),
        });
        at = inside.end;
    }
    all
}

/// Collects fields, and the heads of what is opened, which are one field together.
struct Walk<'a> {
    der: &'a [u8],
    fields: Vec<Field>,
    heads: Vec<usize>,
}

impl<'a> Walk<'a> {
    fn over(der: &'a [u8]) -> (Self, Element) {
        let top = elements(der, 0..der.len()).pop().unwrap();
        let walk = Self {
            der,
            fields: vec![],
            heads: vec![],
        };
        (walk, top)
    }

    fn field(&mut self, name: &str, range: Range<usize>) {
        self.fields.push(Field::new(name, range));
    }

    /// What is inside.
    fn open(&mut self, element: &Element) -> Vec<Element> {
        self.heads.extend(element.head());
        elements(self.der, element.inside.clone())
    }

    fn name_all(&mut self, names: &[&str], all: &[Element]) {
        assert_eq!(names.len(), all.len());
        for (name, element) in names.iter().zip(all) {
            self.field(name, element.whole.clone());
        }
    }

    fn oid(&self, element: &Element) -> String {
        let oid = ObjectIdentifier::from_der(&self.der[element.whole.clone()]);
        oid.unwrap().to_string()
    }

    /// Each with its number, or with a name for it.
    fn extensions(&mut self, wrapped: &Element, names: &[(&str, &str)]) {
        let list = self.open(wrapped).pop().unwrap();
        for extension in self.open(&list) {
            let parts = elements(self.der, extension.inside.clone());
            let oid = self.oid(&parts[0]);
            if oid == SGX {
                self.sgx(&extension);
                continue;
            }
            let mut known = names.iter().chain(&COMMON);
            let known = known.find(|(number, _)| *number == oid);
            let name = known.map_or(oid.as_str(), |(_, name)| name);
            self.field(&format!("extension {name}"), extension.whole.clone());
        }
    }

    /// Intel's own, which has fields of its own.
    fn sgx(&mut self, extension: &Element) {
        let [number, value] = self.open(extension).try_into().ok().unwrap();
        self.field("SGX: number", number.whole);
        let list = self.open(&value).pop().unwrap();
        for one in self.open(&list) {
            let parts = elements(self.der, one.inside.clone());
            let number = self.oid(&parts[0]);
            let known = SGX_FIELDS
                .iter()
                .find(|(oid, _)| number == format!("{SGX}.{oid}"));
            self.field(&format!("SGX: {}", known.unwrap().1), one.whole.clone());
        }
    }

    /// All fields of it, in their order, and nothing between them.
    fn close(mut self) -> Vec<Field> {
        self.fields.sort_by_key(|field| field.places[0]);
        self.fields.push(Field {
            name: "tags and lengths around".into(),
            places: self.heads,
        });
        complete(&self.fields, self.der.len());
        self.fields
    }
}

const COMMON: [(&str, &str); 6] = [
    ("2.5.29.14", "subject's key"),
    ("2.5.29.15", "key usage"),
    ("2.5.29.19", "constraints"),
    ("2.5.29.20", "number of the list"),
    ("2.5.29.31", "where lists are"),
    ("2.5.29.35", "issuer's key"),
];

const SGX: &str = "1.2.840.113741.1.13.1";
const SGX_FIELDS: [(u8, &str); 7] = [
    (1, "PPID"),
    (2, "TCB"),
    (3, "PCE-ID"),
    (4, "FMSPC"),
    (5, "type"),
    (6, "platform instance"),
    (7, "configuration"),
];

/// Of a certificate.
pub fn certificate(der: &[u8], names: &[(&str, &str)]) -> Vec<Field> {
    let (mut walk, top) = Walk::over(der);
    let [tbs, algorithm, signature] = walk.open(&top).try_into().ok().unwrap();
    let mut parts = walk.open(&tbs);
    let extensions = parts.pop().unwrap();
    let validity = parts.remove(4);
    let names_of = [
        "version",
        "serial number",
        "algorithm, signed",
        "issuer",
        "subject",
        "public key",
    ];
    walk.name_all(&names_of, &parts);
    let dates = walk.open(&validity);
    walk.name_all(&["not before", "not after"], &dates);
    walk.extensions(&extensions, names);
    walk.name_all(
        &["algorithm, outside", "signature"],
        &[algorithm, signature],
    );
    walk.close()
}

/// Of a list of revoked certificates; it may be empty.
pub fn revoked(der: &[u8]) -> Vec<Field> {
    let (mut walk, top) = Walk::over(der);
    let [tbs, algorithm, signature] = walk.open(&top).try_into().ok().unwrap();
    let mut parts = walk.open(&tbs);
    let extensions = parts.pop().unwrap();
    let some = parts.len() == 6;
    let names = [
        "version",
        "algorithm, signed",
        "issuer",
        "this update",
        "next update",
        "revoked",
    ];
    walk.name_all(&names[..5 + usize::from(some)], &parts);
    assert_eq!(extensions.tag, 0xa0);
    walk.extensions(&extensions, &[]);
    walk.name_all(
        &["algorithm, outside", "signature"],
        &[algorithm, signature],
    );
    walk.close()
}
