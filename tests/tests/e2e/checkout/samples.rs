//! The PHP samples of the text.

use super::*;

/// Initializes a payment.
const INITIALIZE: &str = r"<?php
$apiKey = 'your_api_key';
$apiSecret = 'your_api_secret';
$url = 'https://gateway.pesogate.com/api/v1/payments/initialize';
$data = [
'order_id' => 'ORDER123456',
'amount' => 100.50,
'currency' => 'USD',
'payment_provider' => 'mpgs',
'card_number' => '4111111111111111',
'exp_month' => '12',
'exp_year' => '25',
'cvv' => '123',
'customer_email' => 'customer@example.com',
'customer_name' => 'John Doe',
'return_url' => 'https://your-website.com/payment/success',
'cancel_url' => 'https://your-website.com/payment/cancel'
];
$ch = curl_init($url);
curl_setopt($ch, CURLOPT_RETURNTRANSFER, true);
curl_setopt($ch, CURLOPT_POST, true);
curl_setopt($ch, CURLOPT_POSTFIELDS, json_encode($data));
curl_setopt($ch, CURLOPT_HTTPHEADER, [
'Content-Type: application/json',
'X-Api-Key: ' . $apiKey,
'X-Api-Secret: ' . $apiSecret
]);
$response = curl_exec($ch);
curl_close($ch);
$result = json_decode($response, true);
?>";

/// Checks its status.
const STATUS: &str = r#"<?php
$apiKey = 'your_api_key';
$apiSecret = 'your_api_secret';
$referenceId = '550e8400-e29b-41d4-a716-446655440000';
$url = "https://gateway.pesogate.com/api/v1/payments/{$referenceId}/status";
$ch = curl_init($url);
curl_setopt($ch, CURLOPT_RETURNTRANSFER, true);
curl_setopt($ch, CURLOPT_HTTPHEADER, [
'X-Api-Key: ' . $apiKey,
'X-Api-Secret: ' . $apiSecret
]);
$response = curl_exec($ch);
curl_close($ch);
$result = json_decode($response, true);
?>"#;

/// Refunds a part of it.
const REFUND: &str = r#"<?php
$apiKey = 'your_api_key';
$apiSecret = 'your_api_secret';
$referenceId = '550e8400-e29b-41d4-a716-446655440000';
$url = "https://gateway.pesogate.com/api/v1/payments/{$referenceId}/refund";
$data = [
'amount' => 50.25 // For partial refund
];
$ch = curl_init($url);
curl_setopt($ch, CURLOPT_RETURNTRANSFER, true);
curl_setopt($ch, CURLOPT_POST, true);
curl_setopt($ch, CURLOPT_POSTFIELDS, json_encode($data));
curl_setopt($ch, CURLOPT_HTTPHEADER, [
'Content-Type: application/json',
'X-Api-Key: ' . $apiKey,
'X-Api-Secret: ' . $apiSecret
]);
$response = curl_exec($ch);
curl_close($ch);
$result = json_decode($response, true);
?>"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_php_samples_of_the_text_run_unchanged() {
    let cloud = Cloud::start().await;
    let needs = ["php", "-r", "exit(function_exists('curl_init') ? 0 : 1);"];
    let credentials = &cloud.ready["credentials"];
    let fill = |program: &str, reference: &str| {
        let program = program
            .replace("https://gateway.pesogate.com/api/v1", &cloud.api("checkout"))
            .replace("'your_api_key'", &format!("'{}'", credentials["api_key"].as_str().unwrap()))
            .replace("'your_api_secret'", &format!("'{}'", credentials["api_secret"].as_str().unwrap()))
            .replace("550e8400-e29b-41d4-a716-446655440000", reference);
        program.replace("?>", "echo json_encode($result);\n?>")
    };
    let Some(printed) = run_sample(&["php"], &needs, &fill(INITIALIZE, "")).await else {
        return;
    };
    let body: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(body["success"], true, "{printed}");
    let reference = body["transaction_reference"].as_str().unwrap();
    pay(body["redirect_url"].as_str().unwrap()).await;
    let printed = run_sample(&["php"], &needs, &fill(STATUS, reference)).await.unwrap();
    let body: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(
        (&body["data"]["status"], &body["data"]["amount"]),
        (&json!("completed"), &json!(100.5)),
        "{printed}"
    );
    let printed = run_sample(&["php"], &needs, &fill(REFUND, reference)).await.unwrap();
    let body: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(body["message"], "Transaction refunded successfully", "{printed}");
}
