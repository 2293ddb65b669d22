// A figure is drawn when it comes near the screen, all of them before printing.
const items = JSON.parse(document.getElementById("figures").textContent);
const places = [...document.querySelectorAll(".plot")];
function draw(place) {
  if (place.classList.contains("drawn")) return;
  place.classList.add("drawn");
  Bokeh.embed.embed_item(items[Number(place.dataset.figure)], place.id);
}
const watcher = new IntersectionObserver((seen) => {
  for (const entry of seen) if (entry.isIntersecting) { watcher.unobserve(entry.target); draw(entry.target); }
}, { rootMargin: "300px" });
for (const place of places) watcher.observe(place);
window.addEventListener("beforeprint", () => places.forEach(draw));
