const BIRTHDAY = '(0[1-9]|1[0-2])(0[1-9]|[12]\\d|3[01])'
const NOW = new RegExp(`^\\d{6}(19|20)\\d{2}${BIRTHDAY}\\d{3}[\\dXx]$`)
const BEFORE_1999 = new RegExp(`^\\d{8}${BIRTHDAY}\\d{3}$`)

/** 居民身份证号, of 18 digits (X at the end too) or the old 15; a full-width keyboard and spaces do not hide it. */
export function looksLikeIdCard(text: string): boolean {
  const plain = text.normalize('NFKC').replace(/[\s-]/g, '')
  return NOW.test(plain) || BEFORE_1999.test(plain)
}
