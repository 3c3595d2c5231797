/* The dialog of Sentry.showReportDialog(): asks people what happened, and sends what they write. */
(function () {
  "use strict";
  var script = document.currentScript;
  var address = new URL(script ? script.src : "", document.baseURI);
  var asked = address.searchParams;
  var texts = {
    title: "It looks like we’re having issues.",
    subtitle: "Our team has been notified.",
    subtitle2: "If you’d like to help, tell us what happened below.",
    labelName: "Name",
    labelEmail: "Email",
    labelComments: "What happened?",
    labelClose: "Close",
    labelSubmit: "Submit",
    errorGeneric: "Something went wrong while sending. Please try again.",
    errorFormEntry: "Some fields are not filled in. Please correct them and try again.",
    successMessage: "Your feedback has been sent. Thank you!",
  };

  function text(name) {
    return asked.get(name) || texts[name];
  }

  function make(tag, style, content) {
    var made = document.createElement(tag);
    made.style.cssText = style;
    if (content) made.textContent = content;
    return made;
  }

  var FIELD =
    "display:block;width:100%;box-sizing:border-box;margin-top:4px;padding:8px;font:inherit;" +
    "color:inherit;background:#fff;border:1px solid #b4b9c2;border-radius:6px";
  var BUTTON =
    "font:inherit;padding:8px 16px;margin-left:8px;border-radius:6px;cursor:pointer;" +
    "border:1px solid #b4b9c2;background:#fff;color:#1c2026";
  var shade = make(
    "div",
    "position:fixed;inset:0;z-index:999999;overflow:auto;padding:24px 16px;box-sizing:border-box;" +
      "background:rgba(20,24,30,.6);font:15px/1.5 system-ui,sans-serif;color:#1c2026",
  );
  shade.className = "sentry-error-embed-wrapper";
  var box = make(
    "form",
    "max-width:520px;margin:8vh auto 0;padding:24px;border-radius:10px;background:#fff;" +
      "box-shadow:0 12px 48px rgba(0,0,0,.3)",
  );
  box.className = "sentry-error-embed";
  box.noValidate = true;
  box.setAttribute("role", "dialog");
  box.setAttribute("aria-modal", "true");
  box.setAttribute("aria-label", text("title"));
  var before = document.activeElement;

  function field(name, label, tag, type) {
    var row = make("label", "display:block;margin-top:12px;font-weight:500", text(label));
    var input = make(tag, FIELD);
    input.name = name;
    input.required = true;
    if (type) input.type = type;
    if (tag === "textarea") input.rows = 5;
    input.value = asked.get(name) || "";
    row.appendChild(input);
    box.appendChild(row);
    return input;
  }

  box.appendChild(make("h2", "margin:0;font-size:20px", text("title")));
  box.appendChild(
    make("p", "margin:4px 0 0;color:#59616d", text("subtitle") + " " + text("subtitle2")),
  );
  var fields = [
    field("name", "labelName", "input", "text"),
    field("email", "labelEmail", "input", "email"),
    field("comments", "labelComments", "textarea"),
  ];
  var note = make("p", "min-height:1.5em;margin:12px 0 0;color:#b3261e");
  note.setAttribute("role", "status");
  box.appendChild(note);
  var row = make("div", "margin-top:8px;text-align:right");
  var closing = make("button", BUTTON, text("labelClose"));
  closing.type = "button";
  var sending = make("button", BUTTON, text("labelSubmit"));
  sending.type = "submit";
  sending.style.background = "#1c2026";
  sending.style.color = "#fff";
  row.appendChild(closing);
  row.appendChild(sending);
  box.appendChild(row);
  shade.appendChild(box);

  function onKey(event) {
    if (event.key === "Escape") close();
  }

  function close() {
    document.removeEventListener("keydown", onKey);
    if (shade.parentNode) shade.parentNode.removeChild(shade);
    if (before && before.focus) before.focus();
    window.postMessage("__sentry_reportdialog_closed__", "*");
  }

  function sent() {
    while (box.children.length > 1) box.removeChild(box.lastChild);
    box.appendChild(make("p", "margin:12px 0", text("successMessage")));
    row.removeChild(sending);
    box.appendChild(row);
    closing.focus();
  }

  function send(event) {
    event.preventDefault();
    var isWhole = fields.every(function (one) {
      return one.value.trim() && one.checkValidity();
    });
    note.textContent = isWhole ? "" : text("errorFormEntry");
    if (!isWhole) return;
    var form = new URLSearchParams();
    fields.forEach(function (one) {
      form.append(one.name, one.value);
    });
    sending.disabled = true;
    fetch(address.href, { method: "POST", body: form, credentials: "omit" })
      .then(function (answer) {
        if (!answer.ok) throw new Error(String(answer.status));
        sent();
      })
      .catch(function () {
        sending.disabled = false;
        note.textContent = text("errorGeneric");
      });
  }

  box.addEventListener("submit", send);
  closing.addEventListener("click", close);
  document.addEventListener("keydown", onKey);
  document.body.appendChild(shade);
  fields[asked.get("name") && asked.get("email") ? 2 : 0].focus();
})();
