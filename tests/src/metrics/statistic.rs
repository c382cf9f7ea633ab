//! The statistics of a period's values.

/// A statistic by CloudWatch's name (`Sum`, `p99`); `None` if there are no values.
///
/// # Panics
/// There is no such statistic.
pub fn statistic(name: &str, values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let count = f64::from(u32::try_from(values.len()).unwrap());
    let sum: f64 = values.iter().sum();
    Some(match name {
        "Sum" => sum,
        "SampleCount" => count,
        "Average" => sum / count,
        "Maximum" => values.iter().copied().fold(f64::MIN, f64::max),
        "Minimum" => values.iter().copied().fold(f64::MAX, f64::min),
        percentile => {
            let percent: f64 = percentile.strip_prefix('p').and_then(|p| p.parse().ok()).unwrap();
            assert!((0.0..=100.0).contains(&percent), "{percentile}");
            let mut sorted = values.to_vec();
            sorted.sort_by(f64::total_cmp);
            // The nearest rank: the smallest value that is not below so many percent of all.
            let below = |rank: &usize| f64::from(u32::try_from(*rank).unwrap()) * 100.0 < percent * count;
            let rank = (1..=values.len()).find(|rank| !below(rank)).unwrap();
            sorted[rank - 1]
        }
    })
}

#[cfg(test)]
mod tests {
    use super::statistic;

    #[test]
    fn statistics_are_those_of_the_values() {
        let values: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        let expected = [
            ("Sum", 20_100),
            ("SampleCount", 200),
            ("Maximum", 200),
            ("Minimum", 1),
            ("p50", 100),
            ("p99", 198),
        ];
        for (name, expected) in expected {
            let found = statistic(name, &values).unwrap();
            assert!((found - f64::from(expected)).abs() < 1e-9, "{name}: {found}");
        }
        assert!((statistic("Average", &[1.0, 2.0]).unwrap() - 1.5).abs() < 1e-9);
        assert!((statistic("p99", &[7.0]).unwrap() - 7.0).abs() < 1e-9);
        assert_eq!(statistic("Sum", &[]), None);
    }
}
