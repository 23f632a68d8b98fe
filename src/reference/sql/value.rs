//! Values and columns.

use std::time::SystemTime;

/// Type of a column, a subset of `pg_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `boolean`
    Bool,
    /// `integer`
    Int4,
    /// `bigint`
    Int8,
    /// `oid`
    Oid,
    /// `double precision`
    Float8,
    /// `numeric`, which is only written as text
    Numeric,
    /// `text`
    Text,
    /// `character varying`
    Varchar,
    /// `name`
    Name,
    /// `"char"`
    Char,
    /// `timestamp with time zone`
    Timestamptz,
}

impl Kind {
    /// The kind that a cast names.
    pub fn named(word: &str) -> Option<Self> {
        Some(match word {
            "bool" | "boolean" => Self::Bool,
            "int" | "int4" | "integer" | "int2" | "smallint" => Self::Int4,
            "int8" | "bigint" => Self::Int8,
            "oid" => Self::Oid,
            "float8" | "double precision" | "float" => Self::Float8,
            "numeric" => Self::Numeric,
            "text" | "regtype" | "regclass" => Self::Text,
            "varchar" | "character varying" => Self::Varchar,
            "name" => Self::Name,
            "timestamptz" | "timestamp with time zone" => Self::Timestamptz,
            _ => return None,
        })
    }
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// SQL null.
    Null,
    /// Truth.
    Bool(bool),
    /// Whole number of any width.
    Int(i64),
    /// Number.
    Float(f64),
    /// Text of any kind.
    Text(String),
    /// Moment.
    Time(SystemTime),
}

impl Cell {
    /// The value as `kind`; `None` when it cannot be one.
    pub fn cast(self, kind: Kind) -> Option<Self> {
        let cell = match (self, kind) {
            (Self::Null, _) => Self::Null,
            (Self::Text(t), Kind::Bool) => match t.as_str() {
                "t" | "true" | "on" | "yes" | "1" => Self::Bool(true),
                "f" | "false" | "off" | "no" | "0" => Self::Bool(false),
                _ => return None,
            },
            (Self::Text(t), Kind::Int4 | Kind::Int8 | Kind::Oid) => {
                Self::Int(t.trim().parse().ok()?)
            }
            (Self::Text(t), Kind::Float8 | Kind::Numeric) => Self::Float(t.trim().parse().ok()?),
            (Self::Float(f), Kind::Int4 | Kind::Int8) => Self::Int(whole(f)?),
            (Self::Int(i), Kind::Float8 | Kind::Numeric) => Self::Float(number(i)?),
            (Self::Bool(b), Kind::Int4) => Self::Int(i64::from(b)),
            (cell, Kind::Text | Kind::Varchar | Kind::Name | Kind::Char) => {
                Self::Text(cell.text()?)
            }
            (cell @ Self::Bool(_), Kind::Bool)
            | (cell @ Self::Int(_), Kind::Int4 | Kind::Int8 | Kind::Oid)
            | (cell @ Self::Float(_), Kind::Float8 | Kind::Numeric)
            | (cell @ Self::Time(_), Kind::Timestamptz) => cell,
            _ => return None,
        };
        Some(cell)
    }

    /// As PostgreSQL writes it; `None` for null and for moments, which need a time zone.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Null | Self::Time(_) => None,
            Self::Bool(b) => Some(b.to_string()),
            Self::Int(i) => Some(i.to_string()),
            Self::Float(f) => Some(f.to_string()),
            Self::Text(t) => Some(t.clone()),
        }
    }
}

/// Whole part of a number, where it has one that fits.
fn whole(f: f64) -> Option<i64> {
    format!("{:.0}", f).parse().ok()
}

fn number(i: i64) -> Option<f64> {
    i.to_string().parse().ok()
}

/// Head of a result column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Name.
    pub name: String,
    /// Type.
    pub kind: Kind,
}
