//! Today, as a report dates itself.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::host::Host;

/// `YYYY-MM-DD` in UTC, from `SOURCE_DATE_EPOCH` where it is set.
pub fn today(host: &dyn Host) -> String {
    let fixed = host
        .env("SOURCE_DATE_EPOCH")
        .and_then(|v| v.trim().parse::<i64>().ok());
    let now = || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(0))
    };
    civil(fixed.unwrap_or_else(now).div_euclid(86_400))
}

/// Days since 1970-01-01 as a date of the Gregorian calendar, in eras of 400 years.
fn civil(days: i64) -> String {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Years begin in March here, so that the leap day is the last one.
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 {
        month_index + 3
    } else {
        month_index - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::MemoryHost;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, date) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_770_336_000, "2026-02-06"),
            (4_107_542_399, "2100-02-28"),
            (-1, "1969-12-31"),
        ] {
            let host = MemoryHost::new().var("SOURCE_DATE_EPOCH", &i64::to_string(&seconds));
            assert_eq!(today(&host), date);
        }
    }
}
