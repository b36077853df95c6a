(function () {
  "use strict";
  var heads = Array.prototype.map.call(document.querySelectorAll(".sectionTitle"), function (title) { return title.parentElement; });
  var buttons = Array.prototype.slice.call(document.querySelectorAll(".showall"));
  var reopened = [];

  function isOpen(head) { return !head.nextElementSibling.hidden; }
  function allOpen() { return heads.every(isOpen); }
  function relabel() {
    var text = allOpen() ? "hide all" : "show all";
    buttons.forEach(function (button) { button.textContent = text; });
  }
  function draw(head, open) {
    head.nextElementSibling.hidden = !open;
    head.className = head.className.replace("_expanded", "") + (open ? "_expanded" : "");
    head.firstElementChild.setAttribute("aria-expanded", String(open));
    head.lastElementChild.className = open ? "expando shown" : "expando hidden";
  }
  function set(head, open) {
    draw(head, open);
    if (open) { head.removeAttribute("data-hidden"); } else { head.setAttribute("data-hidden", ""); }
  }
  function onPress(element, action) {
    element.addEventListener("click", function (event) { event.preventDefault(); action(); });
    element.addEventListener("keydown", function (event) {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); action(); }
    });
  }
  function line(list, term, text) {
    var name = document.createElement("dt");
    var value = document.createElement("dd");
    name.textContent = term;
    value.textContent = text;
    list.append(name, value);
  }
  function explain(link) {
    var shown = link.parentElement.querySelector(".explanation");
    if (shown) { shown.remove(); return; }
    var box = document.createElement("div");
    var list = document.createElement("dl");
    var text = document.createElement("p");
    box.className = "explanation";
    line(list, "Setting Path:", link.getAttribute("gpmc_settingPath"));
    line(list, "Supported On:", link.getAttribute("gpmc_supported") || "Not available");
    text.textContent = link.getAttribute("gpmc_settingDescription") || "No explanation is available for this setting.";
    box.append(list, text);
    link.parentElement.append(box);
  }

  heads.forEach(function (head) {
    draw(head, head.className.indexOf("_expanded") > 0);
    head.firstElementChild.setAttribute("role", "button");
    head.lastElementChild.tabIndex = -1;
    onPress(head, function () { set(head, !isOpen(head)); relabel(); });
  });
  buttons.forEach(function (button) {
    button.hidden = false;
    onPress(button, function () {
      var open = !allOpen();
      heads.forEach(function (head) { set(head, open); });
      relabel();
    });
  });
  Array.prototype.forEach.call(document.querySelectorAll(".explainlink"), function (link) {
    onPress(link, function () { explain(link); });
  });
  // On paper everything is shown but what the reader closed.
  window.addEventListener("beforeprint", function () {
    reopened = heads.filter(function (head) { return !isOpen(head) && !head.hasAttribute("data-hidden"); });
    reopened.forEach(function (head) { draw(head, true); });
  });
  window.addEventListener("afterprint", function () {
    reopened.forEach(function (head) { draw(head, false); });
    reopened = [];
  });
  relabel();
  if (document.body.hasAttribute("data-print")) {
    window.addEventListener("load", function () { window.print(); });
  }
})();
