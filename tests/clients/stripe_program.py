"""A merchant's program written with the official Python package of the API whose conventions `intents` follows.

It is given the base URL and the keys, and is otherwise as it would be for that API. It stops at the first thing that is not
as the package's users expect, and prints how many calls it made.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import requests
import stripe

settings = json.load(sys.stdin)
calls = 0


class Counting(stripe.RequestsClient):
    """The package's own client, which counts its calls."""

    def request(self, method, url, headers, post_data=None):
        global calls
        calls += 1
        return super().request(method, url, headers, post_data)


stripe.api_base = settings["base"]
stripe.api_key = settings["secret_key"]
stripe.default_http_client = Counting()
stripe.max_network_retries = 0


def refused(kind, function, *arguments, **parameters):
    try:
        function(*arguments, **parameters)
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was not raised")


def same(left, right):
    assert left == right, f"{left!r} is not {right!r}"


# --- the life of an intent
intent = stripe.PaymentIntent.create(amount=4900, currency="eur", payment_method_types=["card"], metadata={"order_id": "ORD-7741"})
same((intent.object, intent.amount, intent.currency, intent.status), ("payment_intent", 4900, "eur", "requires_payment_method"))
same(intent.metadata["order_id"], "ORD-7741")
assert intent.client_secret.startswith(intent.id + "_secret_") and intent.livemode is False
same(stripe.PaymentIntent.retrieve(intent.id).id, intent.id)
intent = stripe.PaymentIntent.modify(intent.id, amount=5100, description="Changed", metadata={"order_id": "", "b": "2"}, receipt_email="a@example.com")
same((intent.amount, intent.description, intent.metadata.to_dict(), intent.receipt_email), (5100, "Changed", {"b": "2"}, "a@example.com"))
error = refused(stripe.InvalidRequestError, stripe.PaymentIntent.confirm, intent.id)
same((error.http_status, error.code, error.param), (400, "parameter_missing", "payment_method"))
intent = stripe.PaymentIntent.confirm(intent.id, payment_method="pm_card_visa", expand=["latest_charge", "payment_method"])
same((intent.status, intent.amount_received, intent.latest_charge.paid), ("succeeded", 5100, True))
same((intent.payment_method.card.brand, intent.payment_method.card.last4), ("visa", "4242"))
for function in (stripe.PaymentIntent.confirm, stripe.PaymentIntent.capture, stripe.PaymentIntent.cancel):
    error = refused(stripe.InvalidRequestError, function, intent.id)
    same((error.http_status, error.code), (400, "payment_intent_unexpected_state"))
    assert "succeeded" in error.user_message
error = refused(stripe.InvalidRequestError, stripe.PaymentIntent.modify, intent.id, amount=100)
same(error.code, "payment_intent_unexpected_state")

# --- created and confirmed at once, declined, tried again
for method, code, decline_code in [
    ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
    ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
    ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
]:
    error = refused(stripe.CardError, stripe.PaymentIntent.create, amount=2000, currency="usd", payment_method=method, confirm=True)
    same((error.http_status, error.code, error.error.decline_code if decline_code else None), (402, code, decline_code))
    declined = error.error.payment_intent
    same((declined.status, declined.last_payment_error.code), ("requires_payment_method", code))
again = stripe.PaymentIntent.confirm(declined.id, payment_method="pm_card_mastercard")
same((again.status, again.last_payment_error), ("succeeded", None))
once = stripe.PaymentIntent.create(amount=2000, currency="usd", payment_method="pm_card_amex", confirm=True, return_url="https://example.com/back")
same(once.status, "succeeded")

# --- reserved, captured in part and whole, canceled
for capture, taken in [(None, 3000), (1200, 1200)]:
    held = stripe.PaymentIntent.create(amount=3000, currency="gbp", capture_method="manual", payment_method="pm_card_visa", confirm=True)
    same((held.status, held.amount_capturable, held.amount_received), ("requires_capture", 3000, 0))
    error = refused(stripe.InvalidRequestError, stripe.PaymentIntent.capture, held.id, amount_to_capture=3001)
    same((error.http_status, error.param), (400, "amount_to_capture"))
    parameters = {"amount_to_capture": capture} if capture else {}
    held = stripe.PaymentIntent.capture(held.id, **parameters)
    same((held.status, held.amount_capturable, held.amount_received), ("succeeded", 0, taken))
error = refused(stripe.InvalidRequestError, stripe.Refund.create, payment_intent=held.id, amount=1201)
same(error.http_status, 400)
held = stripe.PaymentIntent.create(amount=3000, currency="gbp", capture_method="manual", payment_method="pm_card_visa", confirm=True)
held = stripe.PaymentIntent.cancel(held.id, cancellation_reason="requested_by_customer")
same((held.status, held.cancellation_reason, held.amount_capturable), ("canceled", "requested_by_customer", 0))
assert held.canceled_at >= held.created
fresh = stripe.PaymentIntent.create(amount=1000, currency="eur")
same(stripe.PaymentIntent.cancel(fresh.id).status, "canceled")
error = refused(stripe.InvalidRequestError, stripe.PaymentIntent.cancel, fresh.id)
assert "canceled" in error.user_message

# --- 3-D Secure, on the hosted page
for button, status in [("complete", "succeeded"), ("fail", "requires_payment_method")]:
    asked = stripe.PaymentIntent.create(
        amount=1500, currency="eur", payment_method="pm_card_threeDSecure2Required", confirm=True, return_url="https://example.com/back?x=1"
    )
    same((asked.status, asked.next_action.type), ("requires_action", "redirect_to_url"))
    same(asked.next_action.redirect_to_url.return_url, "https://example.com/back?x=1")
    page = asked.next_action.redirect_to_url.url
    assert "Complete" in requests.get(page).text
    back = requests.post(page, data={"answer": button}, allow_redirects=False)
    assert back.status_code == 303 and f"payment_intent={asked.id}" in back.headers["location"], back.headers
    asked = stripe.PaymentIntent.retrieve(asked.id)
    same(asked.status, status)
same(asked.last_payment_error.code, "payment_intent_authentication_failure")

# --- a debit is decided later
debit = stripe.PaymentIntent.create(
    amount=1500, currency="eur", payment_method_types=["sepa_debit"], confirm=True,
    payment_method_data={"type": "sepa_debit", "sepa_debit": {"iban": "DE89370400440532013000"}, "billing_details": {"name": "A", "email": "a@example.com"}},
)
same(debit.status, "processing")
error = refused(stripe.InvalidRequestError, stripe.PaymentMethod.create, type="sepa_debit", sepa_debit={"iban": "DE00370400440532013000"})
same((error.http_status, error.param), (400, "sepa_debit[iban]"))

# --- payment methods and customers
card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2028, "cvc": "123"}
method = stripe.PaymentMethod.create(type="card", card=card, billing_details={"name": "Jenny", "email": "j@example.com"}, metadata={"a": "1"})
same((method.type, method.card.brand, method.card.last4, method.card.exp_year, method.customer), ("card", "visa", "4242", 2028, None))
same((method.billing_details.name, method.metadata["a"]), ("Jenny", "1"))
for number, code in [("4242424242424241", "invalid_number")]:
    error = refused(stripe.CardError, stripe.PaymentMethod.create, type="card", card={**card, "number": number})
    same((error.http_status, error.code, error.param), (402, code, "number"))
customer = stripe.Customer.create(email="j@example.com", name="Jenny Rosen", phone="+49 30 1", metadata={"tier": "gold"})
same((customer.object, customer.email, customer.name, customer.metadata["tier"]), ("customer", "j@example.com", "Jenny Rosen", "gold"))
customer = stripe.Customer.modify(customer.id, name="", metadata={"tier": "", "x": "y"})
same((customer.name, customer.metadata.to_dict()), (None, {"x": "y"}))
method = stripe.PaymentMethod.attach(method.id, customer=customer.id)
same(method.customer, customer.id)
method = stripe.PaymentMethod.modify(method.id, metadata={"a": "2"}, billing_details={"name": "Jenny R."})
same((method.metadata["a"], method.billing_details.name), ("2", "Jenny R."))
second = stripe.PaymentMethod.attach("pm_card_mastercard", customer=customer.id)
same([m.id for m in stripe.PaymentMethod.list(customer=customer.id, type="card")], [second.id, method.id])
same([m.id for m in stripe.Customer.list_payment_methods(customer.id, limit=1)], [second.id])
paid = stripe.PaymentIntent.create(amount=900, currency="eur", customer=customer.id, payment_method=method.id, confirm=True, expand=["customer"])
same((paid.status, paid.customer.email), ("succeeded", "j@example.com"))
error = refused(stripe.InvalidRequestError, stripe.PaymentIntent.create, amount=900, currency="eur", payment_method=method.id, confirm=True)
same(error.http_status, 400)
same(stripe.PaymentMethod.retrieve(method.id, expand=["customer"]).customer.id, customer.id)
detached = stripe.PaymentMethod.detach(method.id)
same(detached.customer, None)
error = refused(stripe.InvalidRequestError, stripe.PaymentMethod.attach, method.id, customer=customer.id)
same(error.http_status, 400)

# --- refunds
refund = stripe.Refund.create(payment_intent=paid.id, amount=400, reason="requested_by_customer", metadata={"why": "x"})
same((refund.object, refund.amount, refund.status, refund.payment_intent, refund.reason), ("refund", 400, "succeeded", paid.id, "requested_by_customer"))
refund = stripe.Refund.modify(refund.id, metadata={"why": "y"})
same(stripe.Refund.retrieve(refund.id, expand=["payment_intent"]).payment_intent.amount, 900)
same(refund.metadata["why"], "y")
rest = stripe.Refund.create(charge=paid.latest_charge)
same(rest.amount, 500)
error = refused(stripe.InvalidRequestError, stripe.Refund.create, payment_intent=paid.id)
same(error.code, "charge_already_refunded")
same([r.id for r in stripe.Refund.list(payment_intent=paid.id)], [rest.id, refund.id])
error = refused(stripe.InvalidRequestError, stripe.Refund.cancel, rest.id)
same(error.http_status, 400)
slow = stripe.PaymentIntent.create(
    amount=800, currency="eur", confirm=True,
    payment_method_data={"type": "card", "card": {**card, "number": "4000000000007726"}},
)
pending = stripe.Refund.create(payment_intent=slow.id)
same(pending.status, "pending")
same(stripe.Refund.cancel(pending.id).status, "canceled")
same(stripe.Refund.create(payment_intent=slow.id, amount=800).amount, 800)

# --- charges
shipping = {"name": "Jenny Rosen", "phone": "+1 555", "address": {"line1": "510 Townsend St", "city": "San Francisco", "postal_code": "94103", "state": "CA", "country": "US"}}
buyer = stripe.Customer.create(
    email="buyer@example.com", description="A buyer", address=shipping["address"], preferred_locales=["fr", "en"], tax_exempt="exempt",
    shipping={"name": "Jenny Rosen", "address": shipping["address"]},
)
same((buyer.description, buyer.address.city, buyer.shipping.name, buyer.preferred_locales, buyer.tax_exempt), ("A buyer", "San Francisco", "Jenny Rosen", ["fr", "en"], "exempt"))
same((buyer.balance, buyer.delinquent, buyer.invoice_settings.default_payment_method), (0, False, None))
bought = stripe.PaymentIntent.create(
    amount=2500, currency="eur", customer=buyer.id, payment_method="pm_card_visa", confirm=True, off_session=True, description="Order 7",
    automatic_payment_methods={"enabled": True, "allow_redirects": "never"}, setup_future_usage="off_session", shipping=shipping,
    statement_descriptor_suffix="ORDER 7", metadata={"order_id": "7"}, receipt_email="buyer@example.com", return_url="https://example.com/back",
)
same((bought.status, bought.automatic_payment_methods.allow_redirects, bought.setup_future_usage), ("succeeded", "never", "off_session"))
same((bought.shipping.address.city, bought.statement_descriptor_suffix, bought.payment_method_types), ("San Francisco", "ORDER 7", ["card", "sepa_debit"]))
same([m.id for m in stripe.Customer.list_payment_methods(buyer.id)], [bought.payment_method])
charge = stripe.Charge.retrieve(bought.latest_charge, expand=["payment_intent", "customer", "balance_transaction"])
same((charge.object, charge.amount, charge.paid, charge.captured, charge.status), ("charge", 2500, True, True, "succeeded"))
same((charge.payment_intent.id, charge.customer.email, charge.outcome.type, charge.shipping.name), (bought.id, "buyer@example.com", "authorized", "Jenny Rosen"))
same((charge.calculated_statement_descriptor, charge.balance_transaction.net, charge.refunded), ("ORDER 7", 2500 - 73 - 30, False))
charge = stripe.Charge.modify(charge.id, description="Order 7, sent", fraud_details={"user_report": "safe"}, metadata={"sent": "yes"})
same((charge.description, charge.fraud_details.user_report, charge.metadata.to_dict()), ("Order 7, sent", "safe", {"order_id": "7", "sent": "yes"}))
same(stripe.PaymentIntent.retrieve(bought.id).description, "Order 7, sent")
same([c.id for c in stripe.Charge.list(payment_intent=bought.id)], [charge.id])
same([c.id for c in stripe.Charge.list(customer=buyer.id, created={"gte": 1}).auto_paging_iter()], [charge.id])
reserved = stripe.PaymentIntent.create(amount=3000, currency="eur", capture_method="manual", payment_method="pm_card_visa", confirm=True)
captured = stripe.Charge.capture(reserved.latest_charge, amount=1000)
same((captured.amount_captured, captured.captured), (1000, True))
same(stripe.PaymentIntent.retrieve(reserved.id).amount_received, 1000)
error = refused(stripe.InvalidRequestError, stripe.Charge.capture, reserved.latest_charge)
same(error.code, "payment_intent_unexpected_state")
same(stripe.Refund.create(charge=charge.id, amount=500).charge, charge.id)
same(stripe.Charge.retrieve(charge.id).amount_refunded, 500)
for parameters in ({"on_behalf_of": "acct_1"}, {"transfer_group": "g"}, {"application_fee_amount": 1}):
    error = refused(stripe.InvalidRequestError, stripe.PaymentIntent.create, amount=1000, currency="eur", **parameters)
    same((error.http_status, error.code, error.param), (400, "parameter_unsupported", next(iter(parameters))))
error = refused(stripe.CardError, stripe.PaymentIntent.create, amount=2500, currency="eur", payment_method="pm_card_authenticationRequired", confirm=True, off_session=True)
same((error.code, error.error.payment_intent.status), ("authentication_required", "requires_payment_method"))
same([e.type for e in stripe.Event.list(limit=1)] != [], True)

# --- lists, both ways
mine = stripe.Customer.create(email="lists@example.com")
made = [stripe.PaymentIntent.create(amount=1000 + n, currency="eur", customer=mine.id).id for n in range(7)]
made.reverse()
first = stripe.PaymentIntent.list(customer=mine.id, limit=3)
same(([i.id for i in first], first.has_more), (made[:3], True))
same([i.id for i in stripe.PaymentIntent.list(customer=mine.id, limit=3, starting_after=made[2])], made[3:6])
before = stripe.PaymentIntent.list(customer=mine.id, limit=2, ending_before=made[5])
same(([i.id for i in before], before.has_more), (made[3:5], True))
same([i.id for i in first.auto_paging_iter()], made)
same([i.id for i in stripe.PaymentIntent.list(customer=mine.id, limit=2, ending_before=made[6]).auto_paging_iter()], list(reversed(made[:6])))
whole = stripe.PaymentIntent.list(customer=mine.id, limit=1, expand=["data.customer"])
same(whole.data[0].customer.email, "lists@example.com")
same([c.id for c in stripe.Customer.list(email="LISTS@example.com")], [mine.id])
same(len(stripe.PaymentIntent.list(customer=mine.id, created={"gte": 4000000000}).data), 0)
error = refused(stripe.InvalidRequestError, stripe.PaymentIntent.list, limit=101)
same(error.param, "limit")

# --- idempotency
one = stripe.PaymentIntent.create(amount=700, currency="eur", idempotency_key="key-1")
same(stripe.PaymentIntent.create(amount=700, currency="eur", idempotency_key="key-1").id, one.id)
error = refused(stripe.IdempotencyError, stripe.PaymentIntent.create, amount=701, currency="eur", idempotency_key="key-1")
same(error.http_status, 400)
done = stripe.PaymentIntent.confirm(one.id, payment_method="pm_card_visa", idempotency_key="key-2")
same(stripe.PaymentIntent.confirm(one.id, payment_method="pm_card_visa", idempotency_key="key-2").status, "succeeded")
replayed = stripe.PaymentIntent.create(amount=700, currency="eur", idempotency_key="key-1")
same((replayed.status, replayed.last_response.headers["Idempotent-Replayed"]), ("requires_payment_method", "true"))

# A request that is still running keeps its key to itself; the package tries again by itself, if it is let.
client = stripe.StripeClient(settings["secret_key"], base_addresses={"api": settings["base"]}, http_client=stripe.default_http_client)


def recover(key, retries):
    options = {"idempotency_key": key, "max_network_retries": retries}
    return client.raw_request("post", f"/v1/webhook_endpoints/{settings['endpoint']}/recover", since=0, **options)


def try_to_recover(key):
    try:
        return recover(key, 0).code
    except stripe.APIError as error:
        same((error.http_status, error.error.code, error.error.type), (409, "idempotency_key_in_use", "idempotency_error"))
        return error.http_status


with ThreadPoolExecutor(8) as pool:
    for round in range(50):
        statuses = set(pool.map(try_to_recover, [f"race-{round}"] * 8))
        assert 200 in statuses and statuses <= {200, 409}, statuses
        if 409 in statuses:
            break
    else:
        raise AssertionError("eight requests with one key never met")
    same({answer.code for answer in pool.map(lambda _: recover("patient", 5), range(8))}, {200})

# --- a bank account, and payouts to it and to the one that is there anyway
merchant = stripe.Account.retrieve()
bank = stripe.Account.create_external_account(merchant.id, external_account="btok_us_verified", metadata={"a": "1"})
same((bank.object, bank.last4, bank.default_for_currency, bank.account), ("bank_account", "6789", True, merchant.id))
numbers = {"object": "bank_account", "country": "US", "currency": "usd", "routing_number": "110000000", "account_number": "000111111116"}
closed = stripe.Account.create_external_account(merchant.id, external_account=numbers)
same([one.id for one in stripe.Account.list_external_accounts(merchant.id, object="bank_account")], [closed.id, bank.id])
same(stripe.Account.modify_external_account(merchant.id, closed.id, default_for_currency=True).default_for_currency, True)
same(stripe.Account.retrieve_external_account(merchant.id, bank.id).default_for_currency, False)
error = refused(stripe.InvalidRequestError, stripe.Account.delete_external_account, merchant.id, closed.id)
same(error.http_status, 400)
same(stripe.Account.delete_external_account(merchant.id, bank.id).deleted, True)
stripe.PaymentIntent.create(amount=10000, currency="usd", payment_method="pm_card_bypassPending", confirm=True)
payout = stripe.Payout.create(amount=1000, currency="usd", statement_descriptor="SHOP", expand=["destination", "balance_transaction"])
same((payout.status, payout.destination.id, payout.balance_transaction.amount), ("pending", closed.id, -1000))
same(stripe.Payout.modify(payout.id, metadata={"week": "7"}).metadata["week"], "7")
same([one.id for one in stripe.Payout.list(status="pending")], [payout.id])
error = refused(stripe.InvalidRequestError, stripe.Payout.create, amount=1000000, currency="usd")
same((error.http_status, error.code), (400, "balance_insufficient"))
canceled = stripe.Payout.cancel(payout.id, expand=["failure_balance_transaction"])
same((canceled.status, canceled.failure_balance_transaction.type), ("canceled", "payout_cancel"))
refused(stripe.InvalidRequestError, stripe.Payout.cancel, payout.id)

# --- a payout to another merchant, which accepts with its own key; and payouts by a schedule
partner = {"api_key": settings["partner_secret_key"]}
other = stripe.Account.retrieve(**partner)
connected = stripe.Account.create(account=other.id, metadata={"team": "7"})
same((connected.id, connected.capabilities.transfers), (other.id, "pending"))
error = refused(stripe.InvalidRequestError, stripe.Payout.create, amount=100, currency="usd", destination=other.id)
same((error.code, error.param), ("transfers_not_allowed", "destination"))
accepted = requests.post(f"{settings['base']}/v1/accounts/{merchant.id}/accept", headers={"authorization": f"Bearer {settings['partner_secret_key']}"})
same(accepted.status_code, 200)
same(stripe.Account.retrieve(other.id).capabilities.transfers, "active")
same(stripe.Account.modify(other.id, metadata={"team": "8"}).metadata["team"], "8")
same([one.id for one in stripe.Account.list()], [other.id])
shared = stripe.Payout.create(amount=1000, currency="usd", destination=other.id, description="Share")
same((shared.status, shared.type), ("paid", "account"))
transfer = stripe.Transfer.list(**partner).data[0]
same((transfer.amount, transfer.description, transfer.source_account), (1000, "Share", merchant.id))
same(stripe.Transfer.retrieve(transfer.id, expand=["balance_transaction"], **partner).balance_transaction.type, "transfer")
weekly = {"interval": "weekly", "weekly_payout_days": ["monday", "thursday"]}
changed = stripe.BalanceSettings.modify(payments={"payouts": {"schedule": weekly, "minimum_balance_by_currency": {"usd": 500}}})
same(changed.payments.payouts.schedule.weekly_payout_days, ["monday", "thursday"])
same(stripe.BalanceSettings.retrieve().payments.payouts.minimum_balance_by_currency["usd"], 500)

# --- products and prices
font = stripe.Product.create(name="Font", marketing_features=[{"name": "Ligatures"}])
tiers = [{"up_to": 5, "unit_amount": 700}, {"up_to": "inf", "unit_amount_decimal": "650.5"}]
tiered = stripe.Price.create(currency="eur", product=font.id, billing_scheme="tiered", tiers_mode="graduated", tiers=tiers, recurring={"interval": "month"}, expand=["tiers", "product"])
same((tiered.product.name, [tier.up_to for tier in tiered.tiers], tiered.unit_amount), ("Font", [5, None], None))
flat = stripe.Price.create(currency="usd", product=font.id, unit_amount=1500, lookup_key="flat")
same([price.id for price in stripe.Price.list(lookup_keys=["flat"])], [flat.id])
same(stripe.Product.modify(font.id, default_price=flat.id).default_price, flat.id)
same(str(stripe.Product.retrieve(font.id, expand=["default_price"]).default_price.unit_amount_decimal), "1500")
taken = refused(stripe.InvalidRequestError, stripe.Price.create, currency="usd", product=font.id, unit_amount=1, lookup_key="flat")
same(taken.param, "lookup_key")
moved = stripe.Price.create(currency="usd", product=font.id, unit_amount=1, lookup_key="flat", transfer_lookup_key=True)
same((stripe.Price.retrieve(flat.id).lookup_key, moved.lookup_key), (None, "flat"))
same(stripe.Price.modify(flat.id, active=False, metadata={"a": "b"}).active, False)
same([price.id for price in stripe.Price.list(product=font.id, active=True).auto_paging_iter()], [moved.id, tiered.id])
refused(stripe.InvalidRequestError, stripe.Product.delete, font.id)
same(stripe.Product.delete(stripe.Product.create(name="Unsold").id).deleted, True)
same(len(stripe.Product.list(active=True).data), 1)

# --- wrong input, wrong keys
for parameters, param in [
    ({"currency": "eur"}, "amount"),
    ({"amount": 10, "currency": "eur"}, "amount"),
    ({"amount": "x", "currency": "eur"}, "amount"),
    ({"amount": 1000}, "currency"),
    ({"amount": 1000, "currency": "zzz"}, "currency"),
    ({"amount": 1000, "currency": "eur", "colour": "blue"}, "colour"),
    ({"amount": 1000, "currency": "eur", "customer": "cus_x"}, "customer"),
    ({"amount": 1000, "currency": "eur", "payment_method": "pm_x"}, "payment_method"),
    ({"amount": 1000, "currency": "eur", "expand": ["nothing"]}, "expand"),
    ({"amount": 1000, "currency": "eur", "capture_method": "never"}, "capture_method"),
]:
    error = refused(stripe.InvalidRequestError, stripe.PaymentIntent.create, **parameters)
    assert error.http_status in (400, 404), error
    same(error.param, param)
for function in (stripe.PaymentIntent, stripe.Refund, stripe.Customer, stripe.PaymentMethod, stripe.Payout):
    error = refused(stripe.InvalidRequestError, function.retrieve, "pi_nothing")
    same((error.http_status, error.code), (404, "resource_missing"))
refused(stripe.AuthenticationError, stripe.Customer.list, api_key="sk_test_wrong")
public = settings["publishable_key"]
same(stripe.PaymentMethod.create(type="card", card=card, api_key=public).card.last4, "4242")
refused(stripe.PermissionError, stripe.Customer.list, api_key=public)
refused(stripe.PermissionError, stripe.PaymentIntent.create, amount=1000, currency="eur", api_key=public)
page = stripe.PaymentIntent.create(amount=1000, currency="eur")
refused(stripe.InvalidRequestError, stripe.PaymentIntent.retrieve, page.id, api_key=public)
same(stripe.PaymentIntent.retrieve(page.id, client_secret=page.client_secret, api_key=public).id, page.id)
refused(stripe.InvalidRequestError, stripe.PaymentIntent.confirm, page.id, payment_method="pm_card_visa", api_key=public)
confirmed = stripe.PaymentIntent.confirm(page.id, payment_method="pm_card_visa", client_secret=page.client_secret, api_key=public)
same(confirmed.status, "succeeded")

# --- erased, and still to be found as such
gone = stripe.Customer.delete(customer.id)
same((gone.id, gone.deleted), (customer.id, True))
same(stripe.Customer.retrieve(customer.id).deleted, True)
same(stripe.PaymentIntent.retrieve(paid.id).customer, customer.id)
same(stripe.PaymentMethod.retrieve(second.id).customer, None)

# --- the debit was decided meanwhile
for _ in range(200):
    if stripe.PaymentIntent.retrieve(debit.id).status == "succeeded":
        break
else:
    raise AssertionError("the debit was not decided")

# --- a webhook, as it arrived
for webhook in settings["webhooks"]:
    event = stripe.Webhook.construct_event(webhook["body"], webhook["signature"], settings["webhook_secret"])
    same(event.object, "event")
    refused(stripe.SignatureVerificationError, stripe.Webhook.construct_event, webhook["body"] + " ", webhook["signature"], settings["webhook_secret"])

print(calls)
