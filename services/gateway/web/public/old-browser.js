/* Run by every browser before the application: where the engine is too old for it (360's compatible mode, IE, an old
   Chrome), the page says what to do instead of staying white. For the oldest engines: ES3, no class of the style sheet. */
;(function () {
  var modules = 'noModule' in document.createElement('script')
  var able =
    modules &&
    'replaceAll' in String.prototype &&
    'Promise' in window &&
    'any' in window.Promise &&
    window.CSS &&
    window.CSS.supports('inset', '0px') // Chrome and Edge 87, Firefox 66
  if (able) return

  function add(parent, tag, style, text) {
    var element = document.createElement(tag)
    element.style.cssText = style
    if (text) element.appendChild(document.createTextNode(text))
    parent.appendChild(element)
    return element
  }

  var app = document.getElementById('app')
  app.style.display = 'none'
  var box = document.createElement('div')
  box.id = 'old-browser'
  box.setAttribute('role', 'alert')
  box.style.cssText =
    'max-width:720px;margin:60px auto;padding:28px 36px;background:#fff;border:1px solid #cfd6e0;border-top:4px solid #1456b0;' +
    'font:16px/1.9 "Microsoft YaHei","PingFang SC","Noto Sans CJK SC",sans-serif;color:#1f2a3a'
  add(box, 'h1', 'margin:0 0 12px;font-size:22px;color:#0a2f66', '请换用新一些的浏览器内核')
  add(box, 'p', 'margin:0 0 8px', '您的浏览器现在用的内核太旧，打不开公共信用信息平台。')
  var list = add(box, 'ul', 'margin:0;padding-left:24px', '')
  add(
    list,
    'li',
    '',
    '使用 360 浏览器的，请切换到极速模式：点地址栏右端的“e”（兼容模式）图标，选“极速模式”（闪电图标），页面会自动重新打开。',
  )
  add(list, 'li', '', '使用 QQ、搜狗、2345 等双核浏览器的，同样从兼容模式切换到极速模式（高速模式）。')
  add(
    list,
    'li',
    '',
    '使用 Internet Explorer 的，请换用 Edge 88、Chrome 87、Firefox 88 或更高版本，或者新版的 360 极速浏览器、奇安信可信浏览器。',
  )
  add(list, 'li', '', '已经是极速模式仍看到这段话的，请升级浏览器，或者请本单位的信息技术人员安装。')
  if (modules) {
    // Some of the application may work on an engine that is only a little too old: the person may try.
    var anyway = add(box, 'button', 'margin-top:16px;padding:6px 18px;font:inherit;font-size:14px;cursor:pointer', '仍然打开')
    anyway.type = 'button'
    anyway.onclick = function () {
      box.parentNode.removeChild(box)
      app.style.display = ''
    }
  }
  document.body.insertBefore(box, app)
})()
