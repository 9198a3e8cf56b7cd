"""The only room that knows xlrd and xlwt: .xls in and out."""
