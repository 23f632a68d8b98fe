//! What is known of the Python world without looking at a target: grammars of small formats and
//! tables. Pure: text in, values out.

pub mod alembic;
pub mod build_file;
pub mod dburl;
pub mod distributions;
pub mod dotenv;
pub mod driver_errors;
pub mod drivers;
pub mod requirement;
pub mod stdlib;
pub mod versions;
