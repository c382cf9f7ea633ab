//! A program of the official JavaScript package.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_program_of_the_official_javascript_package_runs() {
    let cloud = Cloud::start().await;
    let program = r"
const Stripe = require('stripe');
const assert = require('assert');
const base = new URL(process.env.BASE);
const stripe = new (Stripe.default || Stripe)(process.env.KEY, {host: base.hostname, port: base.port, protocol: 'http', maxNetworkRetries: 0});
(async () => {
  const customer = await stripe.customers.create({email: 'node@example.com', metadata: {a: '1'}});
  let intent = await stripe.paymentIntents.create({amount: 1200, currency: 'eur', customer: customer.id, payment_method_types: ['card'], capture_method: 'manual'});
  assert.equal(intent.status, 'requires_payment_method');
  intent = await stripe.paymentIntents.confirm(intent.id, {payment_method: 'pm_card_visa', expand: ['customer', 'latest_charge']});
  assert.deepEqual([intent.status, intent.customer.email, intent.latest_charge.captured], ['requires_capture', 'node@example.com', false]);
  intent = await stripe.paymentIntents.capture(intent.id, {amount_to_capture: 700});
  assert.deepEqual([intent.status, intent.amount_received], ['succeeded', 700]);
  const charge = await stripe.charges.retrieve(intent.latest_charge, {expand: ['payment_intent']});
  assert.deepEqual([charge.amount_captured, charge.payment_intent.id, charge.outcome.network_status], [700, intent.id, 'approved_by_network']);
  assert.equal((await stripe.charges.update(charge.id, {description: 'sent'})).description, 'sent');
  assert.deepEqual((await stripe.charges.list({payment_intent: intent.id})).data.map(one => one.id), [charge.id]);
  const shipping = {name: 'Jenny', address: {line1: '1 Street', city: 'Paris', country: 'FR'}};
  const sent = await stripe.paymentIntents.create({amount: 900, currency: 'eur', automatic_payment_methods: {enabled: true}, shipping, setup_future_usage: 'off_session'});
  assert.deepEqual([sent.shipping.address.city, sent.payment_method_types, sent.setup_future_usage], ['Paris', ['card', 'sepa_debit'], 'off_session']);
  await assert.rejects(stripe.paymentIntents.create({amount: 900, currency: 'eur', on_behalf_of: 'acct_1'}), {code: 'parameter_unsupported', param: 'on_behalf_of'});
  const refund = await stripe.refunds.create({payment_intent: intent.id, amount: 300});
  assert.equal(refund.status, 'succeeded');
  await assert.rejects(stripe.paymentIntents.create({amount: 1200, currency: 'eur', payment_method: 'pm_card_chargeDeclined', confirm: true}), {type: 'StripeCardError', code: 'card_declined'});
  await assert.rejects(stripe.customers.retrieve('cus_x'), {type: 'StripeInvalidRequestError', statusCode: 404});
  await assert.rejects(stripe.paymentIntents.capture(intent.id), {code: 'payment_intent_unexpected_state'});
  for (let n = 0; n < 5; n++) await stripe.paymentIntents.create({amount: 1000 + n, currency: 'eur', customer: customer.id});
  const all = [];
  for await (const one of stripe.paymentIntents.list({customer: customer.id, limit: 2})) all.push(one.amount);
  assert.deepEqual(all, [1004, 1003, 1002, 1001, 1000, 1200]);
  const account = await stripe.accounts.retrieveCurrent();
  const bank = await stripe.accounts.createExternalAccount(account.id, {external_account: 'btok_us_verified'});
  assert.deepEqual([bank.last4, bank.default_for_currency], ['6789', true]);
  assert.equal((await stripe.accounts.updateExternalAccount(account.id, bank.id, {metadata: {a: '1'}})).metadata.a, '1');
  assert.deepEqual((await stripe.accounts.listExternalAccounts(account.id, {object: 'bank_account'})).data.map(one => one.id), [bank.id]);
  await stripe.paymentIntents.create({amount: 5000, currency: 'usd', payment_method: 'pm_card_bypassPending', confirm: true});
  const payout = await stripe.payouts.create({amount: 700, currency: 'usd', expand: ['destination']});
  assert.deepEqual([payout.status, payout.destination.id], ['pending', bank.id]);
  assert.equal((await stripe.payouts.cancel(payout.id)).status, 'canceled');
  assert.deepEqual((await stripe.payouts.list({status: 'canceled'})).data.map(one => one.id), [payout.id]);
  await assert.rejects(stripe.payouts.create({amount: 700, currency: 'jpy'}), {code: 'balance_insufficient'});
  assert.equal((await stripe.accounts.deleteExternalAccount(account.id, bank.id)).deleted, true);
  const deleted = await stripe.customers.del(customer.id);
  assert.equal(deleted.deleted, true);
  console.log('done');
})().catch(error => { console.error(error); process.exit(1); });
";
    let program = program
        .replace("process.env.BASE", &format!("{:?}", cloud.local("")))
        .replace("process.env.KEY", &format!("{:?}", cloud.key()));
    if let Some(printed) = run_sample(&["node", "-"], &["node", "-e", "require('stripe')"], &program).await {
        assert_eq!(printed.trim(), "done");
    }
}
