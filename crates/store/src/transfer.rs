//! Moving everything from one store to another, as it lies: sealed, with its places in the sequence.

use domain::{PersonId, TenantId, Time};

use crate::port::{Answer, Store};
use crate::rows::{
    CollectionRow, EventRow, IdempotencyRow, IndexEntry, PairRow, PersonRow, SampleRow, SealedRow, Sequence,
    TenantRow, TokenRow,
};

/// A tenant as it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantState {
    /// The row.
    pub row: TenantRow,
    /// Commits so far.
    pub sequence: Sequence,
    /// How many persons there are.
    pub persons: u64,
    /// Latest moment of any commit.
    pub high_water: Time,
    /// The same, or a moment shortly before it, sealed.
    pub mark: Option<Vec<u8>>,
    /// Highest sequence of a search change that was forgotten.
    pub forgotten: Sequence,
}

/// A kind of record. They are moved in this order: persons need their collections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Tokens.
    Tokens,
    /// Collections.
    Collections,
    /// Pairs of persons who may be one.
    Pairs,
    /// Answers kept under idempotency keys.
    Answers,
    /// Small sealed records.
    Sealed,
    /// What galleries follow.
    Followed,
    /// Persons with their blind indexes.
    Persons,
    /// Samples with their images.
    Samples,
    /// History.
    Events,
}

impl Part {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::Tokens,
        Self::Collections,
        Self::Pairs,
        Self::Answers,
        Self::Sealed,
        Self::Followed,
        Self::Persons,
        Self::Samples,
        Self::Events,
    ];

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tokens => "tokens",
            Self::Collections => "collections",
            Self::Pairs => "duplicates",
            Self::Answers => "answers",
            Self::Sealed => "records",
            Self::Followed => "followed",
            Self::Persons => "persons",
            Self::Samples => "samples",
            Self::Events => "events",
        }
    }
}

/// Where a record stands among those of its kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The identifier, or that of the owner.
    pub first: [u8; 16],
    /// The identifier among those of one owner.
    pub second: [u8; 16],
}

/// One record as it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A token.
    Token(TokenRow),
    /// A collection.
    Collection(CollectionRow),
    /// A pair.
    Pair(PairRow),
    /// A kept answer.
    Answer(IdempotencyRow),
    /// A small sealed record.
    Sealed(SealedRow),
    /// What galleries are told of a person.
    Followed {
        /// Who.
        person: PersonId,
        /// Last commit that may matter to a search.
        sequence: Sequence,
        /// Last commit that enrolled a face.
        enrolled: Sequence,
        /// Whether the person is gone.
        erased: bool,
    },
    /// A person.
    Person {
        /// The row.
        row: PersonRow,
        /// Its blind indexes.
        index: Vec<IndexEntry>,
        /// The commit that wrote it.
        sequence: Sequence,
    },
    /// A sample.
    Sample {
        /// The row, with its image.
        row: SampleRow,
        /// The commit that wrote it.
        sequence: Sequence,
    },
    /// An entry of a history.
    Event {
        /// The row.
        row: EventRow,
        /// The commit that wrote it.
        sequence: Sequence,
    },
}

impl Record {
    /// Where it stands among those of its kind.
    #[must_use]
    pub fn key(&self) -> Key {
        let alone = |first| Key { first, second: [0; 16] };
        match self {
            Self::Token(row) => alone(row.id.to_bytes()),
            Self::Collection(row) => alone(row.id.to_bytes()),
            Self::Pair(row) => alone(row.id.to_bytes()),
            Self::Answer(row) => alone(row.key),
            Self::Sealed(row) => alone(row.key),
            Self::Followed { person, .. } => alone(person.to_bytes()),
            Self::Person { row, .. } => alone(row.id.to_bytes()),
            Self::Sample { row, .. } => {
                Key { first: row.head.person.to_bytes(), second: row.head.id.to_bytes() }
            }
            Self::Event { row, .. } => Key { first: row.person.to_bytes(), second: row.id.to_bytes() },
        }
    }

    /// All of it as bytes, the same in every store: what two stores are compared by. Each part is preceded by its length.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Canonical::default();
        let Key { first, second } = self.key();
        out.bytes(&first).bytes(&second);
        match self {
            Self::Token(t) => {
                out.bytes(&t.hash).number(u64::from(t.scopes.bits())).time(Some(t.created_at));
                out.time(t.expires_at).time(t.revoked_at).bytes(&t.sealed_name);
            }
            Self::Collection(c) => {
                out.number(c.version).time(Some(c.created_at)).time(Some(c.updated_at));
                out.bytes(&c.name).bytes(&c.sealed);
            }
            Self::Pair(p) => {
                out.bytes(&p.persons[0].to_bytes()).bytes(&p.persons[1].to_bytes());
                out.time(Some(p.created_at)).number(p.decision as u64).number(p.version).bytes(&p.sealed);
            }
            Self::Answer(a) => {
                out.bytes(&a.body).number(u64::from(a.status));
                out.bytes(&a.person.map_or(Vec::new(), |p| p.to_bytes().to_vec()));
                out.bytes(&a.sealed).time(Some(a.expires_at));
            }
            Self::Sealed(s) => {
                out.number(s.kind as u64).number(s.version).time(s.expires_at).bytes(&s.sealed);
            }
            Self::Followed { sequence, enrolled, erased, .. } => {
                out.number(*sequence).number(*enrolled).number(u64::from(*erased));
            }
            Self::Person { row, index, sequence } => {
                out.number(row.version).time(Some(row.created_at)).time(Some(row.updated_at));
                out.bytes(row.status.as_str().as_bytes()).time(row.verified_at).time(row.expires_at);
                out.number(*sequence).bytes(&row.wrapped_key).bytes(&row.sealed);
                for entry in index {
                    out.number(entry.field as u64).bytes(&entry.hash);
                }
            }
            Self::Sample { row, sequence } => {
                let head = &row.head;
                out.number(head.kind as u64).number(head.state as u64).time(Some(head.created_at));
                out.number(*sequence).bytes(head.model.as_bytes());
                out.bytes(head.template.as_deref().unwrap_or_default());
                let (model, remade) = head.remade.clone().unwrap_or_default();
                out.bytes(model.as_bytes()).bytes(&remade).bytes(&row.image);
            }
            Self::Event { row, sequence } => {
                out.time(Some(row.at)).number(*sequence).bytes(&row.sealed);
            }
        }
        out.0
    }
}

/// Bytes in a fixed form.
#[derive(Default)]
struct Canonical(Vec<u8>);

impl Canonical {
    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    fn number(&mut self, number: u64) -> &mut Self {
        self.bytes(&number.to_be_bytes())
    }

    fn time(&mut self, time: Option<Time>) -> &mut Self {
        self.bytes(&time.map_or(Vec::new(), |t| t.millis().to_be_bytes().to_vec()))
    }
}

/// A store whose content can be moved. Nobody else may write meanwhile.
pub trait Transfer: Store {
    /// A tenant as it lies.
    fn state(&self, tenant: TenantId) -> Answer<'_, Option<TenantState>>;

    /// Records of a kind in the order of their keys, from the first after `after` on.
    fn records(&self, tenant: TenantId, part: Part, after: Key, limit: u32) -> Answer<'_, Vec<Record>>;

    /// The last key of a kind; where a move that was broken off goes on.
    fn last_key(&self, tenant: TenantId, part: Part) -> Answer<'_, Key>;

    /// Takes in records of one kind, all or none.
    fn put(&self, tenant: TenantId, records: Vec<Record>) -> Answer<'_, ()>;

    /// Takes in a tenant, when all of its records are there.
    fn put_tenant(&self, state: TenantState) -> Answer<'_, ()>;
}
