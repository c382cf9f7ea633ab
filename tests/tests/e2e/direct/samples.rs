//! The Python and JavaScript samples of the text.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_samples_of_the_text_run_unchanged() {
    let cloud = Cloud::start().await;
    let (url, key) = (cloud.api("direct"), cloud.key());
    cloud.client("direct").post("/payments", &sample()).await.expect(200);
    let python = r#"
import requests
url = "https://api.paymentgateway.com/v1/transactions"
headers = {
    "Authorization": "Bearer YOUR_API_KEY",
    "Content-Type": "application/json"
}
params = {
    "limit": 20,
    "status": "succeeded"
}
response = requests.get(url, headers=headers, params=params)
print(response.json())
"#;
    let python = python.replace("https://api.paymentgateway.com/v1", &url).replace("YOUR_API_KEY", &key);
    if let Some(printed) = run_sample(&["python3", "-"], &["python3", "-c", "import requests"], &python).await
    {
        assert!(printed.contains("'status': 'succeeded'") && printed.contains("'limit': 20"), "{printed}");
    }
    let credentials = &cloud.ready["credentials"];
    let javascript = r"
(async () => {
const response = await fetch('https://api.paymentgateway.com/v1/auth/token', {
  method: 'POST',
  headers: {
    'Content-Type': 'application/json'
  },
  body: JSON.stringify({
    client_id: 'your_client_id',
    client_secret: 'your_client_secret'
  })
});
const data = await response.json();
console.log(data.access_token);
})();
";
    let javascript = javascript
        .replace("https://api.paymentgateway.com/v1", &url)
        .replace("your_client_id", credentials["client_id"].as_str().unwrap())
        .replace("your_client_secret", credentials["client_secret"].as_str().unwrap());
    if let Some(token) = run_sample(&["node", "-"], &["node", "--version"], &javascript).await {
        cloud.client("direct").with_key(token.trim()).get("/transactions").await.expect(200);
    }
}
