// Buttons of simple marks (templates/_components/marks.html): what is selected gets them, or loses them
// again. The browser's own undo keeps working.
const WRAPS = { bold: "**", italic: "_" };
const KEYS = { b: "bold", i: "italic" };
const ITEM = /^\s{0,3}[-*•]\s+/;
const ADDRESS = /^(https?:\/\/|mailto:)\S+$/;

export function put(box, start, end, text, from, to) {
  box.focus();
  box.setSelectionRange(start, end);
  const isDone = text ? document.execCommand("insertText", false, text) : document.execCommand("delete");
  if (!isDone) {
    box.setRangeText(text, start, end);
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }
  box.setSelectionRange(from, to);
}

// Without the spaces at its ends: a mark beside a space means nothing.
function selected(box) {
  const { selectionStart: start, selectionEnd: end, value } = box;
  const words = value.slice(start, end);
  const lead = words.length - words.trimStart().length;
  return words.trim() ? { start: start + lead, words: words.trim() } : { start, words: "" };
}

function wrap(box, mark) {
  const { start, words } = selected(box);
  const end = start + words.length;
  const { value } = box;
  const size = mark.length;
  if (words && value.slice(start - size, start) === mark && value.slice(end, end + size) === mark) {
    return put(box, start - size, end + size, words, start - size, end - size);
  }
  if (words.length > 2 * size && words.startsWith(mark) && words.endsWith(mark)) {
    const bare = words.slice(size, -size);
    return put(box, start, end, bare, start, start + bare.length);
  }
  if (!words) return put(box, start, start, mark + mark, start + size, start + size);
  // Marks end with their line.
  const marked = words.replace(/^(\s*(?:[-*•]\s+|\d+[.)]\s+)?)(\S.*?)(\s*)$/gm, (all, lead, said, rest) => lead + mark + said + mark + rest);
  const isOne = !words.includes("\n");
  put(box, start, end, marked, isOne ? start + size : start, isOne ? start + size + words.length : start + marked.length);
}

// A list stands apart from the words around it.
function list(box) {
  const { selectionStart, selectionEnd, value } = box;
  const start = value.lastIndexOf("\n", selectionStart - 1) + 1;
  const found = value.indexOf("\n", selectionEnd);
  const end = found < 0 ? value.length : found;
  const lines = value.slice(start, end).split("\n");
  if (lines.every((line) => ITEM.test(line))) {
    const bare = lines.map((line) => line.replace(ITEM, "")).join("\n");
    return put(box, start, end, bare, start, start + bare.length);
  }
  const items = lines.map((line) => (ITEM.test(line) ? line : `- ${line}`)).join("\n");
  const before = value.slice(0, start);
  const lead = before.trim() && !/\n[ \t]*\n$|[-*•]\s.*\n$/.test(before) ? "\n" : "";
  const after = value.slice(end);
  const rest = !after.trim() || /^\n([ \t]*\n|\s{0,3}[-*•]\s)/.test(after) ? "" : "\n";
  const isOne = lines.length === 1;
  const done = start + lead.length + items.length;
  put(box, start, end, lead + items + rest, isOne ? done : start + lead.length, done);
}

function link(box) {
  const { start, words } = selected(box);
  const end = start + words.length;
  if (ADDRESS.test(words)) return put(box, start, end, `[](${words})`, start + 1, start + 1);
  const text = words.replaceAll("\n", " ");
  const to = start + text.length + 3;
  put(box, start, end, `[${text}](https://)`, text ? to : start + 1, text ? to + 8 : start + 1);
}

const ACTS = {
  bold: (box) => wrap(box, WRAPS.bold),
  italic: (box) => wrap(box, WRAPS.italic),
  list,
  link,
};

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-marks] [data-mark]");
  if (button) ACTS[button.dataset.mark](document.getElementById(button.closest("[data-marks]").dataset.marks));
});
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  const mark = KEYS[event.key.toLowerCase()];
  if (!mark || !event.target.id || !document.querySelector(`[data-marks="${CSS.escape(event.target.id)}"]`)) return;
  event.preventDefault();
  ACTS[mark](event.target);
});
