// A table or chart that can be moved sideways is a stop of the Tab key; one that fits is none.
// Without this script the browser decides.
(() => {
  const sizes = new ResizeObserver((entries) => {
    for (const box of new Set(entries.map((entry) => entry.target.closest(".scroll")))) {
      if (box?.scrollWidth > box?.clientWidth) box.tabIndex = 0;
      else box?.removeAttribute("tabindex");
    }
  });
  const watch = () => {
    for (const each of document.querySelectorAll(".scroll, .scroll > *")) sizes.observe(each);
  };
  watch();
  new MutationObserver(watch).observe(document.body, { childList: true, subtree: true });
})();
