//! What a quantity costs: per unit, in packages, or by tiers.

use serde::{Deserialize, Serialize};

use super::unit_amount::{ExactSum, UnitAmount};

/// Most tiers of a price.
pub const TIERS_MAX: usize = 100;

/// What a quantity costs in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pricing {
    /// Each unit costs the same.
    PerUnit(UnitAmount),
    /// A unit's amount depends on how many there are.
    Tiered(Tiers),
}

/// Tiers by which a quantity is charged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tiers {
    /// How they are applied.
    pub mode: TiersMode,
    /// From the first unit on; the last one has no end.
    pub tiers: Vec<Tier>,
}

/// How tiers are applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TiersMode {
    /// Each unit costs what its own tier says.
    Graduated,
    /// All units cost what the tier of their number says.
    Volume,
}

/// A tier. It has an amount for each unit, an amount for itself, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    /// Its last unit; `None`: it has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<u64>,
    /// What each unit costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitAmount>,
    /// What the tier costs, once a quantity reaches it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flat: Option<UnitAmount>,
}

/// Units are sold in packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packages {
    /// Units of a package; at least 1.
    pub divide_by: u64,
    /// What becomes of a package that is not full.
    pub round: Round,
}

/// What becomes of a package that is not full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Round {
    /// It counts.
    Up,
    /// It does not count.
    Down,
}

/// Why tiers are no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTiers {
    /// None, or too many.
    #[error("a price has 1 to {TIERS_MAX} tiers")]
    Count,
    /// A tier does not end after the one before.
    #[error("each tier has to end after the one before it")]
    Order,
    /// The last tier ends, or another one does not.
    #[error("the last tier, and no other one, has no end")]
    End,
    /// A tier costs nothing that is said.
    #[error("each tier needs an amount for its units, an amount for itself, or both")]
    NoAmount,
}

impl Tiers {
    /// Tiers that cover every quantity once.
    ///
    /// # Errors
    /// See [`BadTiers`].
    pub fn new(mode: TiersMode, tiers: Vec<Tier>) -> Result<Self, BadTiers> {
        if !(1..=TIERS_MAX).contains(&tiers.len()) {
            return Err(BadTiers::Count);
        }
        let mut before = 0;
        for (at, tier) in tiers.iter().enumerate() {
            match tier.up_to {
                Some(_) if at + 1 == tiers.len() => return Err(BadTiers::End),
                None if at + 1 < tiers.len() => return Err(BadTiers::End),
                Some(end) if end <= before => return Err(BadTiers::Order),
                Some(end) => before = end,
                None => {}
            }
            if tier.unit.is_none() && tier.flat.is_none() {
                return Err(BadTiers::NoAmount);
            }
        }
        Ok(Self { mode, tiers })
    }

    /// What a quantity costs. No unit at all costs what the first tier costs for itself.
    fn of(&self, quantity: u64) -> ExactSum {
        match self.mode {
            TiersMode::Volume => {
                let is_its = |tier: &&Tier| tier.up_to.is_none_or(|end| quantity <= end);
                let tier = self.tiers.iter().find(is_its);
                tier.map_or(ExactSum::default(), |tier| tier.of(quantity))
            }
            TiersMode::Graduated => {
                let mut sum = ExactSum::default();
                let mut before = 0;
                for (at, tier) in self.tiers.iter().enumerate() {
                    if at > 0 && quantity <= before {
                        break;
                    }
                    let end = tier.up_to.unwrap_or(u64::MAX);
                    sum = sum.plus(tier.of(quantity.min(end).saturating_sub(before)));
                    before = end;
                }
                sum
            }
        }
    }
}

impl Tier {
    fn of(&self, units: u64) -> ExactSum {
        let units = self.unit.map_or(ExactSum::default(), |unit| unit.times(units));
        units.plus(self.flat.map_or(ExactSum::default(), |flat| flat.times(1)))
    }
}

impl Packages {
    /// The packages of a quantity.
    pub const fn of(self, quantity: u64) -> u64 {
        // A stored zero would be a division by it.
        let size = if self.divide_by == 0 { 1 } else { self.divide_by };
        match self.round {
            Round::Up => quantity.div_ceil(size),
            Round::Down => quantity / size,
        }
    }
}

impl Pricing {
    /// What a quantity costs, in minor units; half a minor unit is rounded up, once.
    pub fn of(&self, quantity: u64, packages: Option<Packages>) -> i64 {
        let sum = match self {
            Self::PerUnit(unit) => unit.times(packages.map_or(quantity, |packages| packages.of(quantity))),
            Self::Tiered(tiers) => tiers.of(quantity),
        };
        sum.rounded()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unit(minor: i64) -> Option<UnitAmount> {
        UnitAmount::from_minor(minor)
    }

    fn tier(up_to: Option<u64>, unit_minor: Option<i64>, flat_minor: Option<i64>) -> Tier {
        Tier { up_to, unit: unit_minor.and_then(unit), flat: flat_minor.and_then(unit) }
    }

    /// The tiers of Stripe's guide to tiered prices: 7, 6.50 and 6 dollars.
    fn fonts(mode: TiersMode) -> Pricing {
        let tiers = vec![
            tier(Some(5), Some(700), None),
            tier(Some(10), Some(650), None),
            tier(None, Some(600), None),
        ];
        Pricing::Tiered(Tiers::new(mode, tiers).unwrap())
    }

    #[test]
    fn tiers_cost_what_stripes_guide_says() {
        let volume = fonts(TiersMode::Volume);
        for (quantity, minor) in [(1, 700), (5, 3500), (6, 3900), (20, 12_000), (25, 15_000)] {
            assert_eq!(volume.of(quantity, None), minor, "{quantity}");
        }
        let graduated = fonts(TiersMode::Graduated);
        for (quantity, minor) in [(1, 700), (5, 3500), (6, 4150), (20, 12_750), (25, 15_750)] {
            assert_eq!(graduated.of(quantity, None), minor, "{quantity}");
        }
    }

    #[test]
    fn a_tier_is_paid_for_once_it_is_reached() {
        let tiers = |mode| {
            let tiers = vec![tier(Some(5), None, Some(1000)), tier(None, Some(100), Some(2000))];
            Pricing::Tiered(Tiers::new(mode, tiers).unwrap())
        };
        let graduated = tiers(TiersMode::Graduated);
        for (quantity, minor) in [(0, 1000), (5, 1000), (6, 3100), (7, 3200)] {
            assert_eq!(graduated.of(quantity, None), minor, "{quantity}");
        }
        let volume = tiers(TiersMode::Volume);
        for (quantity, minor) in [(0, 1000), (5, 1000), (6, 2600), (7, 2700)] {
            assert_eq!(volume.of(quantity, None), minor, "{quantity}");
        }
    }

    #[test]
    fn packages_are_rounded_as_they_say() {
        let price = Pricing::PerUnit(unit(500).unwrap());
        let of = |quantity, round| price.of(quantity, Some(Packages { divide_by: 10, round }));
        assert_eq!(
            [of(0, Round::Up), of(1, Round::Up), of(10, Round::Up), of(11, Round::Up)],
            [0, 500, 500, 1000]
        );
        assert_eq!([of(9, Round::Down), of(10, Round::Down), of(19, Round::Down)], [0, 500, 500]);
    }

    #[test]
    fn tiers_that_leave_a_quantity_out_are_refused() {
        use TiersMode::Volume;
        let new = |tiers| Tiers::new(Volume, tiers).unwrap_err();
        let last = tier(None, Some(1), None);
        assert_eq!(new(vec![]), BadTiers::Count);
        assert_eq!(new(vec![last; TIERS_MAX + 1]), BadTiers::Count);
        assert_eq!(new(vec![tier(Some(1), Some(1), None)]), BadTiers::End);
        assert_eq!(new(vec![last, last]), BadTiers::End);
        assert_eq!(new(vec![tier(Some(0), Some(1), None), last]), BadTiers::Order);
        assert_eq!(
            new(vec![tier(Some(5), Some(1), None), tier(Some(5), Some(1), None), last]),
            BadTiers::Order
        );
        assert_eq!(new(vec![tier(None, None, None)]), BadTiers::NoAmount);
    }

    proptest! {
        /// Graduated tiers cost the sum of what their units cost, each by the first tier that has it.
        #[test]
        fn graduated_tiers_are_the_sum_of_their_units(
            sizes in prop::collection::vec((1_u64..20, 0_i64..500, 0_i64..500), 1..6),
            quantity in 0_u64..150,
        ) {
            let mut end = 0;
            let mut tiers: Vec<Tier> = sizes
                .iter()
                .map(|(size, unit, flat)| {
                    end += size;
                    tier(Some(end), Some(*unit), Some(*flat))
                })
                .collect();
            tiers.last_mut().unwrap().up_to = None;
            let price = Pricing::Tiered(Tiers::new(TiersMode::Graduated, tiers.clone()).unwrap());
            let tier_of = |n: u64| tiers.iter().position(|tier| tier.up_to.is_none_or(|end| n <= end)).unwrap();
            let units: i64 = (1..=quantity).map(|n| sizes[tier_of(n)].1).sum();
            let reached = tier_of(quantity.max(1));
            let flats: i64 = sizes[..=reached].iter().map(|(_, _, flat)| flat).sum();
            prop_assert_eq!(price.of(quantity, None), units + flats);
        }
    }
}
