document.documentElement.classList.add("js");
for (const field of document.querySelectorAll("[data-filter]")) {
  const rows = document.getElementById(field.dataset.filter).tBodies[0].rows;
  field.addEventListener("input", () => {
    const wanted = field.value.toLowerCase();
    for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
}
