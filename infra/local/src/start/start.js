'use strict';
// The page works without this: the form's answer is a page of its own. Here its result is shown in place.
const form = document.querySelector('form');
const said = document.getElementById('said');
const output = document.getElementById('result');
const curl = document.getElementById('curl');
const template = curl.textContent;
const chosen = form.elements.token;

function show_command() {
  curl.textContent = template.replace(curl.dataset.token, chosen.value);
}

chosen.addEventListener('change', show_command);
show_command();

const copy = document.getElementById('copy');
copy.hidden = false;
copy.addEventListener('click', async () => {
  await navigator.clipboard.writeText(curl.textContent);
  copy.textContent = 'Copied';
});

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = form.querySelector('button');
  if (button.getAttribute('aria-disabled') === 'true') return;
  button.setAttribute('aria-disabled', 'true');
  said.textContent = 'Taking the payment and waiting for its webhook …';
  output.replaceChildren();
  try {
    const answer = await fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)) });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const result = page.getElementById('result');
    // The first sentence is what is said aloud; the rest is there to read.
    const sentence = result && result.firstElementChild;
    said.textContent = sentence ? sentence.textContent : `The local cloud answered ${answer.status}.`;
    if (sentence) {
      sentence.remove();
      output.replaceChildren(...result.childNodes);
    }
  } catch (error) {
    said.textContent = 'The local cloud does not answer. Is it still running?';
  }
  button.removeAttribute('aria-disabled');
});
