//! Finds the route of a request, in API Gateway's order of precedence.

use crate::template::Route;

/// An HTTP API's routes.
pub(super) struct Table {
    routes: Vec<(Pattern, Route)>,
}

/// Names and values, in the path's order.
pub(super) type Variables = Vec<(String, String)>;

/// A route and the values of its variables.
#[derive(Debug)]
pub(super) struct RouteMatch<'a> {
    pub(super) route: &'a Route,
    pub(super) variables: Variables,
}

impl RouteMatch<'_> {
    /// `GET /v1/payments/{id}`, or `$default`.
    pub(super) fn key(&self) -> String {
        match (&self.route.method, self.route.path.as_str()) {
            (_, "$default") => "$default".to_owned(),
            (Some(method), path) => format!("{method} {path}"),
            (None, path) => format!("ANY {path}"),
        }
    }
}

enum Pattern {
    Default,
    Segments(Vec<Segment>),
}

enum Segment {
    Fixed(String),
    Variable(String),
    Greedy(String),
}

impl Table {
    pub(super) fn new(routes: &[Route]) -> Self {
        Self { routes: routes.iter().map(|r| (Pattern::read(&r.path), r.clone())).collect() }
    }

    /// The most specific route of a decoded path: a fixed segment before a variable, a variable before a greedy one, `$default` last; and a
    /// route for this method before one for any method.
    pub(super) fn find(&self, method: &str, path: &str) -> Option<RouteMatch<'_>> {
        self.routes
            .iter()
            .filter(|(_, route)| route.method.as_deref().is_none_or(|m| m == method))
            .filter_map(|(pattern, route)| {
                let (rank, variables) = pattern.matches(path)?;
                Some(((rank, route.method.is_none()), RouteMatch { route, variables }))
            })
            .min_by(|(a, _), (b, _)| a.cmp(b))
            .map(|(_, route_match)| route_match)
    }
}

impl Pattern {
    fn read(path: &str) -> Self {
        if path == "$default" {
            return Self::Default;
        }
        let segments = path.split('/').skip(1).map(|segment| {
            match segment.strip_prefix('{').and_then(|s| s.strip_suffix('}')) {
                Some(name) => match name.strip_suffix('+') {
                    Some(name) => Segment::Greedy(name.to_owned()),
                    None => Segment::Variable(name.to_owned()),
                },
                None => Segment::Fixed(segment.to_owned()),
            }
        });
        Self::Segments(segments.collect())
    }

    /// The variables and a rank for each segment, lower if more specific; `None` if the path does not match.
    fn matches(&self, path: &str) -> Option<(Vec<u8>, Variables)> {
        let Self::Segments(segments) = self else {
            return Some((vec![u8::MAX], Vec::new()));
        };
        let mut parts = path.split('/').skip(1);
        let (mut rank, mut variables) = (Vec::new(), Vec::new());
        for segment in segments {
            let part = parts.next()?;
            match segment {
                Segment::Fixed(text) => {
                    if part != text {
                        return None;
                    }
                    rank.push(0);
                }
                Segment::Variable(name) => {
                    if part.is_empty() {
                        return None;
                    }
                    rank.push(1);
                    variables.push((name.clone(), part.to_owned()));
                }
                Segment::Greedy(name) => {
                    let rest: Vec<_> = std::iter::once(part).chain(parts).collect();
                    rank.push(2);
                    variables.push((name.clone(), rest.join("/")));
                    return Some((rank, variables));
                }
            }
        }
        parts.next().is_none().then_some((rank, variables))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let routes = [
            (None, "$default"),
            (Some("GET"), "/v1/payments/{id}"),
            (Some("GET"), "/v1/payments/latest"),
            (Some("POST"), "/v1/payments"),
            (None, "/v1/payments"),
            (Some("POST"), "/v1/payments/{id}/confirm"),
            (Some("GET"), "/files/{proxy+}"),
            (Some("GET"), "/files/{name}"),
        ];
        Table::new(&routes.map(|(method, path)| Route {
            method: method.map(str::to_owned),
            path: path.to_owned(),
            function: String::new(),
        }))
    }

    fn key(method: &str, path: &str) -> String {
        table().find(method, path).expect("a route").key()
    }

    #[test]
    fn the_most_specific_route_answers() {
        assert_eq!(key("GET", "/v1/payments/latest"), "GET /v1/payments/latest");
        assert_eq!(key("GET", "/v1/payments/pay_1"), "GET /v1/payments/{id}");
        assert_eq!(key("GET", "/files/a"), "GET /files/{name}");
        assert_eq!(key("GET", "/files/a/b"), "GET /files/{proxy+}");
    }

    #[test]
    fn a_route_for_the_method_comes_before_one_for_any() {
        assert_eq!(key("POST", "/v1/payments"), "POST /v1/payments");
        assert_eq!(key("PUT", "/v1/payments"), "ANY /v1/payments");
    }

    #[test]
    fn what_nothing_matches_goes_to_default() {
        for (method, path) in [
            ("DELETE", "/v1/payments/pay_1"),
            ("GET", "/v1/payments/"),
            ("POST", "/v1/payments/x/confirm/y"),
            ("GET", "/"),
        ] {
            assert_eq!(key(method, path), "$default", "{method} {path}");
        }
    }

    #[test]
    fn an_api_without_default_has_no_route_for_the_rest() {
        let table = Table::new(&[Route {
            method: Some("GET".to_owned()),
            path: "/a".to_owned(),
            function: String::new(),
        }]);
        assert!(table.find("GET", "/b").is_none());
        assert!(table.find("POST", "/a").is_none());
    }

    #[test]
    fn variables_are_the_decoded_paths_segments() {
        let table = table();
        let one = table.find("POST", "/v1/payments/a b/confirm").expect("a route");
        assert_eq!(one.variables, [("id".to_owned(), "a b".to_owned())]);
        let rest = table.find("GET", "/files/x/y/z").expect("a route");
        assert_eq!(rest.variables, [("proxy".to_owned(), "x/y/z".to_owned())]);
    }
}
