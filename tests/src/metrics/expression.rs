//! CloudWatch's metric math, as far as our alarms use it: numbers, ids, `+ - * /`, comparisons, `IF`, `SUM`, `MAX`, `METRICS`.

use std::collections::BTreeMap;

/// The values of a period by the ids of their metrics; `None` where the period has no data.
type Values = BTreeMap<String, Option<f64>>;

/// The value of an expression for a period; `None` where it has no data. `Err` says what does not read.
pub fn evaluate(text: &str, values: &Values) -> Result<Option<f64>, String> {
    let mut parser = Parser { rest: text, values };
    let value = parser.comparison()?;
    parser.skip();
    if parser.rest.is_empty() { Ok(value.single()) } else { Err(format!("what is `{}`?", parser.rest)) }
}

/// One series or, of `METRICS()`, several.
enum Term {
    One(Option<f64>),
    Many(Vec<Option<f64>>),
}

impl Term {
    fn single(self) -> Option<f64> {
        match self {
            Self::One(value) => value,
            Self::Many(_) => None,
        }
    }

    fn with(self, other: Self, of: impl Fn(f64, f64) -> f64) -> Self {
        Self::One(self.single().zip(other.single()).map(|(a, b)| of(a, b)))
    }
}

struct Parser<'a> {
    rest: &'a str,
    values: &'a Values,
}

impl<'a> Parser<'a> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, token: &str) -> bool {
        self.skip();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.take(token) { Ok(()) } else { Err(format!("`{token}` is expected before `{}`", self.rest)) }
    }

    fn word(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        self.skip();
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn comparison(&mut self) -> Result<Term, String> {
        let left = self.sum()?;
        let compare: fn(&f64, &f64) -> bool = if self.take(">=") {
            f64::ge
        } else if self.take("<=") {
            f64::le
        } else if self.take(">") {
            f64::gt
        } else if self.take("<") {
            f64::lt
        } else {
            return Ok(left);
        };
        let right = self.sum()?;
        Ok(left.with(right, |a, b| f64::from(u8::from(compare(&a, &b)))))
    }

    fn sum(&mut self) -> Result<Term, String> {
        let mut left = self.product()?;
        loop {
            if self.take("+") {
                left = left.with(self.product()?, |a, b| a + b);
            } else if self.take("-") {
                left = left.with(self.product()?, |a, b| a - b);
            } else {
                return Ok(left);
            }
        }
    }

    fn product(&mut self) -> Result<Term, String> {
        let mut left = self.factor()?;
        loop {
            if self.take("*") {
                left = left.with(self.factor()?, |a, b| a * b);
            } else if self.take("/") {
                left = left.with(self.factor()?, |a, b| a / b);
            } else {
                return Ok(left);
            }
        }
    }

    fn factor(&mut self) -> Result<Term, String> {
        if self.take("(") {
            let inner = self.comparison()?;
            self.expect(")")?;
            return Ok(inner);
        }
        self.skip();
        if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            let number = self.word(|c| c.is_ascii_digit() || c == '.');
            return Ok(Term::One(Some(number.parse().map_err(|_| format!("no number: {number}"))?)));
        }
        let word = self.word(|c| c.is_ascii_alphanumeric() || c == '_');
        if self.take("(") {
            return self.call(word);
        }
        let value = self.values.get(word);
        value.map(|value| Term::One(*value)).ok_or_else(|| format!("there is no metric `{word}`"))
    }

    fn call(&mut self, name: &str) -> Result<Term, String> {
        let mut arguments = Vec::new();
        if !self.take(")") {
            loop {
                arguments.push(self.comparison()?);
                if self.take(")") {
                    break;
                }
                self.expect(",")?;
            }
        }
        let mut arguments = arguments.into_iter();
        match (name, arguments.next(), arguments.next(), arguments.next()) {
            ("METRICS", None, None, None) => Ok(Term::Many(self.values.values().copied().collect())),
            ("IF", Some(condition), Some(then), Some(otherwise)) => {
                Ok(condition.single().map_or(Term::One(None), |c| if c == 0.0 { otherwise } else { then }))
            }
            // Of several series, what has no data is left out.
            ("SUM", Some(Term::Many(all)), None, None) => Ok(Term::One(known(&all).reduce(|a, b| a + b))),
            ("MAX", Some(Term::Many(all)), None, None) => Ok(Term::One(known(&all).reduce(f64::max))),
            (name, ..) => Err(format!("there is no function `{name}` of these")),
        }
    }
}

fn known(all: &[Option<f64>]) -> impl Iterator<Item = f64> + '_ {
    all.iter().flatten().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<Option<f64>, String> {
        let values = [("a", Some(6.0)), ("b", Some(2.0)), ("none", None)];
        evaluate(text, &values.map(|(id, value)| (id.to_owned(), value)).into())
    }

    #[test]
    fn expressions_have_their_arithmetic_value() {
        for (text, expected) in [
            ("a / b / 3", Some(1.0)),
            ("a - b * 2", Some(2.0)),
            ("(a - b) * 2", Some(8.0)),
            ("IF(a > 1, a / b, 0)", Some(3.0)),
            ("IF(b >= 3, a, 0.5)", Some(0.5)),
            ("SUM(METRICS())", Some(8.0)),
            ("MAX(METRICS())", Some(6.0)),
            ("a + none", None),
            ("IF(none > 1, 1, 0)", None),
        ] {
            assert_eq!(value(text), Ok(expected), "{text}");
        }
        for wrong in ["", "a +", "c", "IF(a)", "AVG(a)", "a b", "SUM(METRICS()"] {
            assert!(value(wrong).is_err(), "{wrong}");
        }
    }
}
