// One block of an answer: a claim with its chips, the list of sources, or the passages that came near.
// Text enters through textContent only.

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined && text !== null) node.textContent = text;
  return node;
}

function opener(spot, opened, open, className) {
  const button = element("button", className);
  button.type = "button";
  button.title = spot.label;
  button.setAttribute("aria-label", spot.label);
  button.setAttribute("aria-pressed", String(spot.reference === opened));
  button.dataset.reference = spot.reference;
  button.onclick = () => open(spot.reference);
  return button;
}

function claim(data, open) {
  const block = element("div", `claim ${data.label ? data.state : "plain"}`);
  if (data.label) block.append(element("p", "label", data.label));
  const paragraph = element("p", "text");
  if (data.speaker) block.append(element("p", "speaker", data.speaker));
  paragraph.append(data.quoted ? element("q", "", data.text) : document.createTextNode(data.text));
  const chips = element("span", "chips");
  for (const spot of data.spots) {
    const chip = opener(spot, data.opened, open, "chip");
    chip.textContent = spot.marker;
    chips.append(chip);
  }
  if (data.spots.length) paragraph.append("\u2060", chips);
  block.append(paragraph);
  if (data.problem) block.append(element("p", "problem", data.problem));
  return block;
}

// Sources that say different things: what it is about, then each side.
function differ(data, open) {
  const block = element("section", "differ");
  block.append(element("h3", "", data.headline));
  for (const side of data.sides) block.append(claim({ ...side, opened: data.opened }, open));
  return block;
}

function row(spot, opened, open) {
  const item = element("li");
  const button = opener(spot, opened, open, "row");
  if (spot.marker) button.append(element("span", "number", spot.marker));
  const words = element("span", "words");
  words.append(element("span", "name", spot.name));
  if (spot.title) words.append(element("span", "title", spot.title));
  words.append(element("span", "date", spot.date));
  if (spot.excerpt) words.append(element("span", "excerpt", spot.excerpt));
  if (spot.translation) {
    words.append(element("span", "translated", spot.translated), element("span", "translation", spot.translation));
  }
  button.append(words);
  item.append(button);
  return item;
}

function copyButton(text) {
  const button = element("button", "copy", "Copy with sources");
  button.type = "button";
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "The browser did not allow copying";
    }
    setTimeout(() => (button.textContent = "Copy with sources"), 2500);
  };
  return button;
}

function list(data, open) {
  const block = element("section", data.kind);
  const head = element("div", "head");
  head.append(element("h3", "", data.kind === "nearest" ? "What comes nearest" : "Sources"));
  if (data.copy) head.append(copyButton(data.copy));
  const items = element("ol");
  for (const spot of data.spots) items.append(row(spot, data.opened, open));
  block.append(head, items);
  return block;
}

// Streamlit scrolls to the end of a new answer. One reads from the beginning, so the question goes to the top.
function showFromItsBeginning(question) {
  for (const wait of [60, 350]) {
    setTimeout(() => document.querySelector(`.st-key-${question}`)?.scrollIntoView({ block: "start" }), wait);
  }
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const open = (reference) => setTriggerValue("open", reference);
  // Only what is pressed has changed: the buttons stay, and with them the keyboard's focus.
  const shape = JSON.stringify({ ...data, opened: null, question: null });
  if (parentElement.footnoteShape === shape) {
    for (const button of parentElement.querySelectorAll("button[data-reference]")) {
      button.setAttribute("aria-pressed", String(button.dataset.reference === data.opened));
      button.onclick = () => open(button.dataset.reference);
    }
    return;
  }
  parentElement.querySelector(".block")?.remove();
  const block = element("div", "block");
  const draw = { claim, differ }[data.kind] ?? list;
  block.append(draw(data, open));
  parentElement.append(block);
  if (data.question && !parentElement.footnoteShape) showFromItsBeginning(data.question);
  parentElement.footnoteShape = shape;
}
