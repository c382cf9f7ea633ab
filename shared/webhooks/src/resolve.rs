//! Name resolution for deliveries.

use std::{future::Future, io, net::IpAddr, pin::Pin, sync::Arc, time::Duration};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::Host;

use crate::address::{EndpointUrl, UrlRefusal, UrlRules};

/// Timeout of the look-up when an endpoint is registered. Each delivery looks the name up again.
const REGISTRATION_PATIENCE: Duration = Duration::from_secs(2);

/// The name has no allowed address. The HTTP client's error has this as its source.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("no address of this name is on the public internet")]
pub(crate) struct AddressRefused;

/// A pending lookup of a name.
pub type Found = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Looks up the addresses of a name.
#[derive(Clone)]
pub struct Lookup(Arc<dyn Fn(String) -> Found + Send + Sync>);

impl std::fmt::Debug for Lookup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lookup")
    }
}

impl Lookup {
    /// A lookup by this function.
    pub fn new(ask: impl Fn(String) -> Found + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }

    /// The system's lookup.
    pub fn system() -> Self {
        Self::new(|name| {
            Box::pin(async move {
                let found = tokio::net::lookup_host((name, 0)).await?;
                Ok(found.map(|address| address.ip()).collect())
            })
        })
    }

    async fn ask(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        (self.0)(name.to_owned()).await
    }

    /// Refuses a URL whose name currently resolves to a forbidden address. A name without addresses passes:
    /// the check that counts is made with each connection.
    pub async fn check(&self, url: &EndpointUrl) -> Result<(), UrlRefusal> {
        let Some(Host::Domain(name)) = url.url().host() else {
            return Ok(());
        };
        match tokio::time::timeout(REGISTRATION_PATIENCE, self.ask(name)).await {
            Ok(Ok(found)) if !found.iter().all(|address| url.rules().allow(*address)) => {
                Err(UrlRefusal::NotPublic)
            }
            Ok(Ok(_) | Err(_)) | Err(_) => Ok(()),
        }
    }
}

/// Resolves names to allowed addresses only. The HTTP client connects to no others.
#[derive(Clone, Debug)]
pub(crate) struct Resolver {
    pub(crate) rules: UrlRules,
    pub(crate) lookup: Lookup,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { rules, lookup } = self.clone();
        Box::pin(async move {
            let mut found = lookup.ask(name.as_str()).await?;
            found.retain(|address| rules.allow(*address));
            if found.is_empty() {
                return Err(AddressRefused.into());
            }
            let addresses: Addrs = Box::new(found.into_iter().map(|address| (address, 0).into()));
            Ok(addresses)
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::address::tests::LIVE;

    /// A lookup in which every name has these addresses.
    pub(crate) fn always(addresses: &[&str]) -> Lookup {
        let addresses: Vec<IpAddr> = addresses.iter().map(|text| text.parse().unwrap()).collect();
        Lookup::new(move |_| {
            let addresses = addresses.clone();
            Box::pin(async move { Ok(addresses) })
        })
    }

    #[tokio::test]
    async fn a_name_of_our_own_network_is_refused_when_it_is_registered() {
        let url = EndpointUrl::parse("https://hooks.example/", LIVE).unwrap();
        for private in
            ["127.0.0.1", "::1", "169.254.169.254", "10.1.2.3", "192.168.0.1", "fd00::1", "::ffff:10.0.0.1"]
        {
            let refused = always(&[private]).check(&url).await;
            assert_eq!(refused, Err(UrlRefusal::NotPublic), "{private}");
            let mixed = always(&["93.184.216.34", private]).check(&url).await;
            assert_eq!(mixed, Err(UrlRefusal::NotPublic), "{private}");
        }
        assert_eq!(always(&["93.184.216.34"]).check(&url).await, Ok(()));
        assert_eq!(always(&[]).check(&url).await, Ok(()));
        let unknown = Lookup::new(|_| Box::pin(async { Err(io::Error::other("no such name")) }));
        assert_eq!(unknown.check(&url).await, Ok(()));
    }
}
