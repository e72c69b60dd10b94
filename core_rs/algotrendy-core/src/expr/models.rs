//! Where the features of models come from.

/// Knows the features of models.
pub trait Models {
    /// The texts of a model's features, in the order of its inputs.
    ///
    /// # Errors
    /// [`ModelError`] if there is no such model or its features cannot be read.
    fn features(&self, name: &str) -> Result<Vec<String>, ModelError>;
}

/// Why a model's features are not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// There is no such model.
    #[error("there is no such model")]
    Unknown {
        /// The models there are, to suggest the nearest of.
        known: Vec<String>,
    },
    /// There is, but its features cannot be read.
    #[error("the model's features cannot be read: {problem}")]
    Unreadable {
        /// Why.
        problem: String,
    },
}

/// No models at all: every name is unknown.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoModels;

impl Models for NoModels {
    fn features(&self, _name: &str) -> Result<Vec<String>, ModelError> {
        Err(ModelError::Unknown { known: Vec::new() })
    }
}
