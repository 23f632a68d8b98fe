//! Join conditions of relationships from the foreign keys of the tables
//! (`orm/relationships.py:JoinCondition`, `sql/selectable.py:Join._join_condition`).

use super::tables::Target;
use crate::python::interp::Interp;
use crate::python::raise::R;
use crate::python::value::{Obj, Value};

/// Direction of a relationship.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The other table has the foreign key.
    OneToMany,
    /// The own table has it.
    ManyToOne,
    /// A table between them has both.
    ManyToMany,
}

impl Direction {
    /// As SQLAlchemy calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::OneToMany => "ONETOMANY",
            Self::ManyToOne => "MANYTOONE",
            Self::ManyToMany => "MANYTOMANY",
        }
    }
}

/// What joins two tables.
enum Joined {
    /// Exactly one constraint; does the second table hold it?
    One { in_second: bool },
    /// None.
    Nothing,
    /// Several.
    Several,
    /// Not known.
    Vague,
}

impl<'a> Interp<'a> {
    /// Direction of a relationship; `None` when it is not known.
    ///
    /// # Errors
    /// `NoForeignKeysError`, `AmbiguousForeignKeysError`, `NoReferencedColumnError`.
    pub fn determine_direction(
        &mut self,
        class: Obj,
        target: Obj,
        name: &str,
        relationship: &Value,
        secondary: Option<Value>,
    ) -> R<Option<Direction>> {
        let given = [
            "primaryjoin",
            "secondaryjoin",
            "foreign_keys",
            "_local_remote_pairs",
        ];
        if given
            .iter()
            .any(|n| !matches!(self.relationship_argument(relationship, n), Value::None))
        {
            return Ok(None);
        }
        let (Some(own), Some(other)) = (self.table_of_class(class), self.table_of_class(target))
        else {
            return Ok(None);
        };
        let short = self.class_short_name(class);
        let rel = format!("{short}.{name}");
        if let Some(secondary) = secondary {
            for side in [&other, &own] {
                match self.joined(side, &secondary)? {
                    Joined::One { .. } => {}
                    Joined::Vague => return Ok(None),
                    Joined::Nothing => return Err(self.no_keys(&rel, &short, Some(&secondary))),
                    Joined::Several => return Err(self.many_keys(&rel, &short, Some(&secondary))),
                }
            }
            return Ok(Some(Direction::ManyToMany));
        }
        match self.joined(&own, &other)? {
            Joined::Vague => Ok(None),
            Joined::Nothing => Err(self.no_keys(&rel, &short, None)),
            Joined::Several => Err(self.many_keys(&rel, &short, None)),
            Joined::One { in_second } if own.same(&other) => {
                let _ = in_second;
                let remote = self.relationship_argument(relationship, "remote_side");
                Ok(match remote {
                    Value::None => Some(Direction::OneToMany),
                    _ => None,
                })
            }
            Joined::One { in_second: true } => Ok(Some(Direction::OneToMany)),
            Joined::One { in_second: false } => Ok(Some(Direction::ManyToOne)),
        }
    }

    /// The table of a class that is mapped to one table alone, all of which is known.
    fn table_of_class(&mut self, class: Obj) -> Option<Value> {
        let this = Value::Obj(class);
        if self.is_vague(&this) {
            return None;
        }
        self.own(&this, "__table__")
    }

    /// `_joincond_scan_left_right`
    fn joined(&mut self, first: &Value, second: &Value) -> R<Joined> {
        let (Some(of_second), Some(of_first)) =
            (self.foreign_keys_of(second), self.foreign_keys_of(first))
        else {
            return Ok(Joined::Vague);
        };
        let mut found: Vec<(bool, Vec<(Value, Value)>)> = Vec::new();
        let sides = [
            (true, of_second, second, first),
            (false, of_first, first, second),
        ];
        for (in_second, constraints, holder, wanted) in sides {
            if !in_second && first.same(second) {
                continue;
            }
            for constraint in constraints {
                let mut pairs = Vec::new();
                for (column, foreign) in constraint {
                    let target = self.target_of(holder, &foreign);
                    match &target {
                        Target::Column(table, to) if table.same(wanted) => {
                            pairs.push((column, to.clone()));
                        }
                        Target::NoColumn(table, _) if table.same(wanted) => {
                            if let Some(stop) =
                                self.no_reference(holder, &column, &foreign, &target)
                            {
                                return Err(stop);
                            }
                        }
                        // A table of that name is there, under another key.
                        Target::NoTable(key, _) if self.named_like(wanted, key) => {
                            if let Some(stop) =
                                self.no_reference(holder, &column, &foreign, &target)
                            {
                                return Err(stop);
                            }
                        }
                        Target::Vague => return Ok(Joined::Vague),
                        _ => {}
                    }
                }
                if !pairs.is_empty() {
                    found.push((in_second, pairs));
                }
            }
        }
        Ok(match found.as_slice() {
            [] => Joined::Nothing,
            [(in_second, _)] => Joined::One {
                in_second: *in_second,
            },
            _ => Joined::Several,
        })
    }

    fn named_like(&mut self, table: &Value, name: &str) -> bool {
        self.own(table, "name")
            .is_some_and(|n| n.as_str() == Some(name))
    }

    fn table_text(&mut self, table: &Value) -> String {
        self.own(table, "key")
            .and_then(|k| k.as_str().map(ToOwned::to_owned))
            .unwrap_or_default()
    }

    fn no_keys(
        &mut self,
        rel: &str,
        class: &str,
        secondary: Option<&Value>,
    ) -> crate::python::raise::Stop {
        let (via, what) = match secondary {
            Some(table) => (
                format!(" via secondary table '{}'", self.table_text(table)),
                "specify 'primaryjoin' and 'secondaryjoin' expressions.",
            ),
            None => (String::new(), "specify a 'primaryjoin' expression."),
        };
        let message = format!(
            "Could not determine join condition between parent/child tables on relationship {rel} - there are no foreign keys linking these tables{via}.  Ensure that referencing columns are associated with a ForeignKey or ForeignKeyConstraint, or {what}"
        );
        self.orm_fault("NoForeignKeysError", &message, class)
    }

    fn many_keys(
        &mut self,
        rel: &str,
        class: &str,
        secondary: Option<&Value>,
    ) -> crate::python::raise::Stop {
        let message = match secondary {
            Some(table) => format!(
                "Could not determine join condition between parent/child tables on relationship {rel} - there are multiple foreign key paths linking the tables via secondary table '{}'.  Specify the 'foreign_keys' argument, providing a list of those columns which should be counted as containing a foreign key reference from the secondary table to each of the parent and child tables.",
                self.table_text(table)
            ),
            None => format!(
                "Could not determine join condition between parent/child tables on relationship {rel} - there are multiple foreign key paths linking the tables.  Specify the 'foreign_keys' argument, providing a list of those columns which should be counted as containing a foreign key reference to the parent table."
            ),
        };
        self.orm_fault("AmbiguousForeignKeysError", &message, class)
    }
}
