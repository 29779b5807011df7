// The Lanyard bar: which school this is, switch, elevate with a countdown, drop, hide the screen, support, sign out.
"use strict";
(() => {
  if (window.top !== window || document.getElementById("lanyard-bar")) return;
  const make = (name, props = {}, ...children) => {
    const node = Object.assign(document.createElement(name), props);
    node.append(...children);
    return node;
  };
  const post = (action, label, primary) => {
    const form = make("form", { method: "post", action });
    form.append(make("input", { type: "hidden", name: "return", value: location.pathname + location.search }),
      make("button", { type: "submit", textContent: label, className: primary ? "primary" : "" }));
    return form;
  };
  let typed = false;
  document.addEventListener("input", () => { typed = true; }, true);
  document.addEventListener("submit", () => { typed = false; }, true);

  const style = `
    :host{all:initial;position:sticky;top:0;left:0;right:0;display:block;z-index:2147483000}
    .bar{font:600 14px/1.3 system-ui,sans-serif;display:flex;flex-wrap:wrap;gap:6px 8px;align-items:center;padding:6px 14px;color:#fff;background:var(--site);box-shadow:0 1px 4px rgb(0 0 0/.3)}
    .bar.elevated{border-bottom:6px solid #f2b134}
    .name{margin-right:auto}.level{font-weight:400}
    form{margin:0}button,a.act{font:inherit;color:#fff;background:rgb(0 0 0/.26);border:1px solid rgb(255 255 255/.55);border-radius:6px;padding:5px 9px;min-height:32px;cursor:pointer;text-decoration:none;box-sizing:border-box;display:inline-block}
    button.primary{background:#fff;color:#14232b}
    button:hover,a.act:hover{background:rgb(0 0 0/.5)}button.primary:hover{background:#eee}
    :focus-visible{outline:3px solid #f2b134;outline-offset:2px}
    dialog{font:16px/1.5 system-ui,sans-serif;border:0;border-radius:12px;padding:0;width:min(92vw,420px);box-shadow:0 10px 40px rgb(0 0 0/.4)}
    dialog iframe{border:0;width:100%;height:min(60vh,360px);display:block}
    dialog .close{margin:8px;color:#14232b;background:#eee}
    .curtain{position:fixed;inset:0;background:#10191d;color:#edf1f0;display:grid;place-content:center;text-align:center;gap:14px;font:20px/1.5 system-ui,sans-serif;padding:24px}
    [hidden]{display:none!important}
    @media (max-width:520px){.bar{padding:6px 10px}.wide{display:none}}
    @media print{:host{display:none}}`;

  const show = (me) => {
    const host = make("div", { id: "lanyard-bar" });
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
    const bar = make("div", { className: "bar", role: "region", ariaLabel: "Lanyard" });
    bar.style.setProperty("--site", me.site.colour);
    const level = make("span", { className: "level", role: "status" });
    bar.append(make("span", { className: "name" }, me.site.name));
    bar.append(level);

    const dialog = make("dialog", { ariaLabel: "Switch site" });
    const frame = make("iframe", { title: "My sites" });
    const close = make("button", { className: "close", type: "button", textContent: "Close" });
    close.onclick = () => dialog.close();
    dialog.append(frame, close);
    const openSwitcher = () => { frame.src = me.switcher; dialog.showModal(); };
    const switcher = make("button", { type: "button", textContent: "Switch site", title: "Ctrl+K" });
    switcher.onclick = openSwitcher;
    bar.append(switcher);

    const elevate = post("/.lanyard/elevate", "Elevate your access", true);
    const drop = post("/.lanyard/drop", "Drop to base access", true);
    // With words on the page, the key is used in another tab, and this page stays as it is.
    elevate.onsubmit = () => { elevate.target = typed ? "_blank" : ""; };
    bar.append(elevate, drop);

    const curtain = make("div", { className: "curtain", hidden: true, tabIndex: -1 });
    const back = make("button", { type: "button", textContent: "Show the page" });
    curtain.append(make("strong", {}, "Screen hidden"), make("span", {}, "This does not lock your computer."), back);
    const hide = (on) => { curtain.hidden = !on; document.body.inert = on; if (on) { hiddenAt = Date.now(); back.focus(); } };
    let hiddenAt = 0;
    back.onclick = () => hide(false);
    const hider = make("button", { type: "button", textContent: "Hide screen" });
    hider.onclick = () => hide(true);
    bar.append(hider, make("a", { className: "act wide", href: me.support, target: "_blank", rel: "noopener", textContent: "Contact support" }));
    bar.append(post("/.lanyard/signout", "Sign out", false));
    root.append(bar, dialog, curtain);
    document.documentElement.insertBefore(host, document.body);

    let until = 0, skew = 0;
    const draw = () => {
      const left = Math.max(0, until - Math.floor(Date.now() / 1000 + skew));
      const elevated = left > 0;
      bar.classList.toggle("elevated", elevated);
      elevate.hidden = elevated || !me.may_elevate;
      drop.hidden = !elevated;
      level.textContent = elevated ? `Elevated, ${left >= 120 ? Math.ceil(left / 60) + " minutes" : left + " seconds"} left` : "Base access";
      // Two minutes behind the curtain end elevated access.
      if (elevated && !curtain.hidden && Date.now() - hiddenAt > 120000) {
        until = 0;
        fetch("/.lanyard/drop", { method: "POST", redirect: "manual" });
      }
    };
    const learn = (facts) => {
      skew = facts.now - Date.now() / 1000;
      until = facts.elevated_until || 0;
      me.may_elevate = facts.may_elevate;
      draw();
    };
    learn(me);
    setInterval(draw, 1000);
    const ask = async () => {
      const answer = await fetch("/.lanyard/whoami", { headers: { accept: "application/json" } }).catch(() => null);
      if (!answer) return;
      if (answer.status === 401) {
        clearInterval(asking);
        level.textContent = "Your access here has ended";
        bar.classList.remove("elevated");
        elevate.hidden = drop.hidden = true;
        hide(true);
        curtain.replaceChildren(make("strong", {}, "Your access here has ended"), make("span", {}, "Open the site again to sign in."));
        return;
      }
      if (answer.ok) learn(await answer.json());
    };
    const asking = setInterval(ask, 3000);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
    let escape = 0;
    document.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); openSwitcher(); }
      if (event.key === "Escape") { const now = Date.now(); if (now - escape < 600) hide(true); escape = now; }
    });
    const initials = me.site.short_name.split(/\s+/).map((word) => word[0]).join("").slice(0, 2);
    const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="${me.site.colour}"/><text x="16" y="22" font-family="sans-serif" font-size="15" font-weight="700" fill="#fff" text-anchor="middle">${initials.replace(/[^\p{L}\p{N}]/gu, "")}</text></svg>`;
    document.head.append(make("link", { rel: "icon", href: "data:image/svg+xml," + encodeURIComponent(icon) }));
  };

  const begin = async () => {
    const answer = await fetch("/.lanyard/whoami", { headers: { accept: "application/json" } }).catch(() => null);
    if (answer && answer.ok) show(await answer.json());
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
