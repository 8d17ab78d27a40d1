//! What a sentence does in a conversation: goes on with what was asked before, changes it, takes it back.

pub(crate) mod added;
pub(crate) mod degrees;
pub(crate) mod earlier;
pub(crate) mod follow_up;
pub(crate) mod going_back;
pub(crate) mod in_short;
pub(crate) mod lifting;
pub(crate) mod misspelt;
pub(crate) mod not_that_one;
pub(crate) mod refining;
pub(crate) mod remarks;
