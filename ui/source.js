// A document beside the chat: who and when above, the whole text below, the cited place marked and in view.
// Text enters through textContent only.

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function focused() {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  return node;
}

function header(data, close) {
  const head = element("header");
  const title = element("div", "title");
  if (data.marker) title.append(element("span", "marker", data.marker));
  title.append(element("h2", "", data.title));
  const button = element("button", "close", "×");
  button.type = "button";
  button.setAttribute("aria-label", "Close the source");
  button.title = "Close the source (Esc)";
  button.onclick = close;
  title.append(button);
  const facts = element("dl");
  for (const [label, value] of data.facts) {
    const pair = element("div");
    pair.append(element("dt", "", label), element("dd", "", value));
    facts.append(pair);
  }
  head.append(title, facts);
  if (data.note) head.append(element("p", "note", data.note));
  return head;
}

function body(data) {
  const text = element("div", "document");
  text.tabIndex = 0;
  text.setAttribute("role", "region");
  text.setAttribute("aria-label", `Text of ${data.title}`);
  text.append(document.createTextNode(data.before), data.quote ? element("mark", "", data.quote) : "", document.createTextNode(data.after));
  return text;
}

// Below the document, not within it: a model's words never stand among the source's.
function translation(data) {
  const foot = element("footer");
  foot.append(element("p", "translated", data.translated), element("p", "", data.translation));
  return foot;
}

function showMark(text) {
  const mark = text.querySelector("mark");
  if (!mark) return;
  const distance = mark.getBoundingClientRect().top - text.getBoundingClientRect().top;
  // A third from the top: what led to the sentence is in view as well. Only this text scrolls, not the page.
  const room = Math.max(0, text.clientHeight - mark.getBoundingClientRect().height);
  text.scrollTop += distance - Math.min(text.clientHeight / 3, room);
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const close = () => setTriggerValue("close", true);
  const root = parentElement.footnote ?? (parentElement.footnote = { cameFrom: focused() });
  root.close = close;
  if (root.reference !== data.reference) {
    if (root.reference) root.cameFrom = focused();
    parentElement.querySelector(".source")?.remove();
    const panel = element("section", "source");
    panel.setAttribute("aria-label", "Source");
    const text = body(data);
    panel.append(header(data, () => root.close()), text);
    if (data.translation) panel.append(translation(data));
    parentElement.append(panel);
    root.reference = data.reference;
    showMark(text);
    text.focus({ preventScroll: true });
    // Lines break anew when the panel or the window changes its size: the place stays in view.
    root.observer?.disconnect();
    root.observer = new ResizeObserver(() => showMark(text));
    root.observer.observe(text);
    document.fonts.ready.then(() => showMark(text));
  }
  const onKey = (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) root.close();
  };
  document.addEventListener("keydown", onKey);
  return () => {
    document.removeEventListener("keydown", onKey);
    if (!parentElement.isConnected && root.cameFrom?.isConnected) root.cameFrom.focus();
  };
}
