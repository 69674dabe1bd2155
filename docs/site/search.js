// Looks for words in the index that the site carries; nothing is loaded from anywhere.
const field = document.getElementById("search");
const list = document.getElementById("hits");

function show(hits, words) {
  list.replaceChildren(...hits.map((hit) => {
    const link = document.createElement("a");
    link.href = siteRoot + hit.u;
    link.textContent = hit.t;
    const place = Math.max(0, hit.x.toLowerCase().indexOf(words[0]) - 40);
    const excerpt = document.createElement("small");
    excerpt.textContent = hit.x.slice(place, place + 120);
    link.append(excerpt);
    const item = document.createElement("li");
    item.append(link);
    return item;
  }));
  if (!hits.length && words.length) list.append("Nothing found.");
  list.hidden = !words.length;
}

function look() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  const score = (hit) => {
    const title = hit.t.toLowerCase(), text = hit.x.toLowerCase();
    if (!words.every((word) => title.includes(word) || text.includes(word))) return 0;
    return 1 + words.filter((word) => title.includes(word)).length * 3;
  };
  const hits = searchIndex.map((hit) => [score(hit), hit]).filter(([points]) => points).sort((a, b) => b[0] - a[0]);
  show(hits.slice(0, 12).map(([, hit]) => hit), words);
}

field.addEventListener("input", look);
field.addEventListener("keydown", (event) => {
  if (event.key === "Escape") { field.value = ""; look(); }
  if (event.key === "Enter" && list.querySelector("a")) list.querySelector("a").click();
});
