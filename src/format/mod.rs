//! The files of Group Policy: bytes to values and back, without any input or output.

mod registry_pol;

pub use registry_pol::{
    MAX_DATA_BYTES, MAX_SIZE_BYTES, ParseRegistryPolError, PolCommand, PolData, PolProblem, PolRecord, PolText,
    PolType, RegistryPol,
};
