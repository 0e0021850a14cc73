// What stands in a rich box, as the plain text its form sends (campaigns/editing/marked_text.py
// reads it).
const MARKS = { STRONG: "**", B: "**", EM: "_", I: "_", U: "++" };
const BLOCKS = new Set(["P", "DIV", "LI", "UL", "OL"]);

export function asLine(box) {
  return pieces(box, (text) => text).replace(/\s+/g, " ").trim();
}

export function asMarked(box) {
  const parts = [];
  collect(box, parts, "");
  return parts
    .filter(({ words }) => words)
    .map(({ words, kind }, i, all) => (i === 0 ? "" : kind && kind === all[i - 1].kind ? "\n" : "\n\n") + words)
    .join("");
}

// Blocks in order, each with the kind of list it belongs to.
function collect(node, parts, list) {
  let inline = [];
  let number = 0;
  const close = () => {
    const words = tidy(inline.map((child) => marked(child)).join(""));
    if (words) parts.push({ words: list ? words : escapedStarts(words), kind: list });
    inline = [];
  };
  for (const child of node.childNodes) {
    if (!BLOCKS.has(child.nodeName)) {
      inline.push(child);
      continue;
    }
    close();
    if (child.nodeName === "LI") {
      number += 1;
      const sign = list === "OL" ? `${number}.` : "-";
      const words = tidy([...child.childNodes].map((each) => marked(each)).join("")).replaceAll("\n", " ");
      if (words) parts.push({ words: `${sign} ${words}`, kind: list || "UL" });
    } else collect(child, parts, child.nodeName === "UL" || child.nodeName === "OL" ? child.nodeName : list);
  }
  close();
}

function marked(node) {
  if (node.nodeType === Node.TEXT_NODE) return escaped(node.data.replace(/[ \t\r\n\u00a0]+/g, " "));
  if (node.nodeName === "BR") return "\n";
  if (node.dataset?.liquid) return node.dataset.liquid;
  const inside = [...node.childNodes].map((child) => marked(child)).join("");
  const core = inside.trim();
  if (!core) return inside;
  const before = inside.slice(0, inside.indexOf(core));
  const after = inside.slice(before.length + core.length);
  if (node.nodeName === "A") {
    const address = (node.getAttribute("href") ?? "").replaceAll("(", "%28").replaceAll(")", "%29");
    return address ? `${before}[${core}](${address})${after}` : inside;
  }
  const sign = MARKS[node.nodeName];
  return sign ? `${before}${sign}${core}${sign}${after}` : inside;
}

function pieces(node, write) {
  if (node.nodeType === Node.TEXT_NODE) return write(node.data);
  if (node.dataset?.liquid) return node.dataset.liquid;
  if (node.nodeName === "BR") return " ";
  return [...node.childNodes].map((child) => pieces(child, write)).join("");
}

// Signs that would mean something are taken at their word; Liquid typed by hand stays as it is.
function escaped(text) {
  return text
    .split(/(\{\{.*?\}\}|\{%.*?%\})/)
    .map((part, i) => (i % 2 ? part : part.replace(/[\\*[\]]|(?<!\w)_|_(?!\w)|\+\+/g, (sign) => sign.replace(/./g, "\\$&"))))
    .join("");
}

function escapedStarts(words) {
  return words.replace(/^([ \t]*)(?:([-•])(?=[ \t])|(\d{1,3})([.)])(?=[ \t]))/gm, (all, blank, sign, number, dot) =>
    sign ? `${blank}\\${sign}` : `${blank}${number}\\${dot}`,
  );
}

function tidy(text) {
  return text
    .split("\n")
    .map((line) => line.trim())
    .join("\n")
    .trim();
}
