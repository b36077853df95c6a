(function () {
  "use strict";
  var sections = Array.prototype.slice.call(document.querySelectorAll("details.section"));
  var buttons = Array.prototype.slice.call(document.querySelectorAll(".showall"));
  var reopened = [];

  function allOpen() {
    return sections.every(function (section) { return section.open; });
  }
  function relabel() {
    var text = allOpen() ? "hide all" : "show all";
    buttons.forEach(function (button) { button.textContent = text; });
  }
  function set(section, open) {
    section.open = open;
    if (open) { section.removeAttribute("data-hidden"); } else { section.setAttribute("data-hidden", ""); }
  }

  buttons.forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      var open = !allOpen();
      sections.forEach(function (section) { set(section, open); });
    });
  });
  sections.forEach(function (section) {
    section.querySelector("summary").addEventListener("click", function (event) {
      event.preventDefault();
      set(section, !section.open);
    });
    section.addEventListener("toggle", relabel);
  });
  // On paper everything is shown but what the reader closed.
  window.addEventListener("beforeprint", function () {
    reopened = sections.filter(function (section) { return !section.open && !section.hasAttribute("data-hidden"); });
    reopened.forEach(function (section) { section.open = true; });
  });
  window.addEventListener("afterprint", function () {
    reopened.forEach(function (section) { section.open = false; });
    reopened = [];
  });
  relabel();
  if (document.body.hasAttribute("data-print")) {
    window.addEventListener("load", function () { window.print(); });
  }
})();
