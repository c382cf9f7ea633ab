//! Where deliveries may go: web addresses of the public internet, and nowhere inside our own network.
//!
//! An endpoint's URL is checked when it is registered and again when it is used. What a name resolves to is checked
//! when the connection is made, and the connection is made to the very address that was checked (see [`crate::send`]),
//! so a name whose answer changes in between gains nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Longest URL, in bytes.
const BYTES_MAX: usize = 2048;

/// What a URL has to satisfy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UrlRules {
    /// Live mode: HTTPS only.
    pub live: bool,
    /// This very machine may be called, as the local cloud allows in test mode.
    pub allow_loopback: bool,
}

/// A URL that deliveries may go to, as far as its text tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointUrl {
    pub(crate) url: Url,
    pub(crate) rules: UrlRules,
}

/// Why deliveries may not go to a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlRefusal {
    /// Not a URL, or not of the web.
    #[error("url must be an absolute http or https URL")]
    NotAWebUrl,
    /// Too long.
    #[error("url must have at most {BYTES_MAX} bytes")]
    TooLong,
    /// Plain HTTP in live mode.
    #[error("url must begin with https:// in live mode")]
    NotHttps,
    /// A user or password.
    #[error("url must not contain a user or a password")]
    Credentials,
    /// A fragment, which no server ever sees.
    #[error("url must not have a fragment")]
    Fragment,
    /// An address or a name that is not of the public internet.
    #[error("url must name a host on the public internet")]
    NotPublic,
}

impl EndpointUrl {
    /// Reads and checks a URL.
    pub fn parse(text: &str, rules: UrlRules) -> Result<Self, UrlRefusal> {
        if text.len() > BYTES_MAX {
            return Err(UrlRefusal::TooLong);
        }
        // The parser reads `http://2130706433/`, `http://0x7f.1/` and `http://0177.0.0.1/` as what they are: 127.0.0.1.
        let url = Url::parse(text).map_err(|_| UrlRefusal::NotAWebUrl)?;
        match url.scheme() {
            "http" if rules.live => return Err(UrlRefusal::NotHttps),
            "https" | "http" => {}
            _ => return Err(UrlRefusal::NotAWebUrl),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlRefusal::Credentials);
        }
        if url.fragment().is_some() {
            return Err(UrlRefusal::Fragment);
        }
        let allowed = match url.host() {
            None => return Err(UrlRefusal::NotAWebUrl),
            Some(Host::Ipv4(address)) => rules.allow(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => rules.allow(IpAddr::V6(address)),
            Some(Host::Domain(name)) => rules.allow_name(name),
        };
        if allowed { Ok(Self { url, rules }) } else { Err(UrlRefusal::NotPublic) }
    }

    /// The URL.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The rules it was checked by; they apply to the addresses of its name as well.
    pub fn rules(&self) -> UrlRules {
        self.rules
    }
}

impl UrlRules {
    /// Whether deliveries may go to an address.
    pub fn allow(self, address: IpAddr) -> bool {
        is_public(address) || (self.allow_loopback && !self.live && address.is_loopback())
    }

    fn allow_name(self, name: &str) -> bool {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        if name == "localhost" || name.ends_with(".localhost") {
            return self.allow_loopback && !self.live;
        }
        // Names of private networks; whatever they resolve to is not the merchant's public endpoint.
        !name.is_empty()
            && ![".local", ".internal", ".lan", ".home.arpa"].iter().any(|end| name.ends_with(end))
    }
}

/// Whether an address is on the public internet: not this machine, not a private network, not a cloud's metadata service,
/// not a range that is reserved for something else; and no IPv6 address that stands for such an IPv4 one.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(a == 0 // this network
        || a == 10 // private
        || a == 127 // loopback
        || (a == 100 && (64..128).contains(&b)) // carrier-grade NAT
        || (a == 169 && b == 254) // link-local, metadata services
        || (a == 172 && (16..32).contains(&b)) // private
        || (a == 192 && b == 0 && (c == 0 || c == 2)) // protocol assignments, documentation
        || (a == 192 && b == 88 && c == 99) // 6to4 relays
        || (a == 192 && b == 168) // private
        || (a == 198 && (b == 18 || b == 19)) // benchmarks
        || (a == 198 && b == 51 && c == 100) // documentation
        || (a == 203 && b == 0 && c == 113) // documentation
        || a >= 224) // multicast, reserved, broadcast
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let embedded =
        |high: u16, low: u16| is_public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match address.segments() {
        // ::, ::1 and IPv4-compatible addresses.
        [0, 0, 0, 0, 0, 0, _, _] => false,
        // Mapped, NAT64 and 6to4 addresses carry an IPv4 address.
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => embedded(high, low),
        // Teredo, documentation, ORCHID, benchmarking and the rest of the special-purpose block.
        [0x2001, second, ..] if second < 0x200 || second == 0xdb8 => false,
        // Only global unicast is the public internet.
        [first, ..] => (0x2000..0x4000).contains(&first) && first != 0x3fff,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const LIVE: UrlRules = UrlRules { live: true, allow_loopback: true };
    const TEST: UrlRules = UrlRules { live: false, allow_loopback: false };
    const LOCAL: UrlRules = UrlRules { live: false, allow_loopback: true };

    #[test]
    fn public_addresses_are_public_and_others_are_not() {
        for public in ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fd00::1",
            "fe80::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "fec0::1",
            "100::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }

    #[test]
    fn every_spelling_of_this_machine_is_refused() {
        for url in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://localhost/",
            "https://LOCALHOST./",
            "https://x.localhost/",
            "https://169.254.169.254/latest",
            "https://db.internal/",
            "https://printer.local/",
        ] {
            assert_eq!(EndpointUrl::parse(url, LIVE), Err(UrlRefusal::NotPublic), "{url}");
        }
    }

    #[test]
    fn rules_depend_on_the_mode() {
        assert!(EndpointUrl::parse("https://shop.example/hooks?x=1", LIVE).is_ok());
        assert_eq!(EndpointUrl::parse("http://shop.example/", LIVE), Err(UrlRefusal::NotHttps));
        assert!(EndpointUrl::parse("http://shop.example/", TEST).is_ok());
        assert!(EndpointUrl::parse("http://127.0.0.1:3000/", LOCAL).is_ok());
        assert!(EndpointUrl::parse("http://localhost:3000/", LOCAL).is_ok());
        assert_eq!(EndpointUrl::parse("http://10.0.0.1/", LOCAL), Err(UrlRefusal::NotPublic));
        assert_eq!(EndpointUrl::parse("https://a:b@shop.example/", LIVE), Err(UrlRefusal::Credentials));
        assert_eq!(EndpointUrl::parse("https://shop.example/#x", LIVE), Err(UrlRefusal::Fragment));
        for bad in ["", "shop.example", "ftp://shop.example/", "file:///etc/passwd", "https://"] {
            assert_eq!(EndpointUrl::parse(bad, LIVE), Err(UrlRefusal::NotAWebUrl), "{bad}");
        }
    }
}
