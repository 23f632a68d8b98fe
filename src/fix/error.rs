//! Why a repair cannot be made.

/// Why an operation or a fix is not made. Nothing has been changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FixError {
    /// Two repairs want the same bytes.
    #[error("another repair changes the same place; run `audit fix` again afterwards")]
    Overlap,
    /// A secret would be overwritten or copied.
    #[error("it would touch a secret value; change it by hand")]
    Masked,
    /// The file is not there or is not text.
    #[error("`{0}` cannot be read as UTF-8 text")]
    Unread(String),
    /// Shown to a person only.
    #[error("this step is for a person to make")]
    Manual,
    /// The file does not have the form that the operation needs.
    #[error("{0}")]
    Refused(String),
}

impl FixError {
    /// A refusal with its reason.
    pub fn refused(why: impl Into<String>) -> Self {
        Self::Refused(why.into())
    }
}
