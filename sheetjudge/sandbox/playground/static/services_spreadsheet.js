'use strict';
/** SpreadsheetApp, Spreadsheet, Sheet and Ui. */
(() => {
  const { playground } = self;
  const { Exception, notBuilt, service, wrapped } = playground;
  const BOOK_FIELDS =
    'properties(title,locale,timeZone),sheets.properties(sheetId,title,index,hidden,gridProperties(rowCount,columnCount,frozenRowCount,frozenColumnCount))';

  const described = () => playground.sheets('GET', `?fields=${encodeURIComponent(BOOK_FIELDS)}`);

  class Sheet {
    constructor(id) {
      this.id = id;
    }

    /** @returns {any} Its SheetProperties at this moment. */
    properties() {
      const found = described().sheets.find((one) => (one.properties.sheetId || 0) === this.id);
      if (!found) throw new Exception(`Sheet ${this.id} not found`);
      return found.properties;
    }

    /** @returns {{rows: number, columns: number, lastRow: number, lastColumn: number, filter: any, hiddenByFilter: number[]}} */
    extent() {
      return playground.ask('extent', { book: playground.settings.book, sheet: this.id });
    }

    getSheetId() {
      return this.id;
    }

    getName() {
      return this.properties().title;
    }

    getSheetName() {
      return this.getName();
    }

    getIndex() {
      return (this.properties().index || 0) + 1;
    }

    getParent() {
      return spreadsheet;
    }

    isSheetHidden() {
      return Boolean(this.properties().hidden);
    }

    getLastRow() {
      return this.extent().lastRow;
    }

    getLastColumn() {
      return this.extent().lastColumn;
    }

    getMaxRows() {
      return this.extent().rows;
    }

    getMaxColumns() {
      return this.extent().columns;
    }

    getFrozenRows() {
      return this.properties().gridProperties.frozenRowCount || 0;
    }

    getFilter() {
      const { filter } = this.extent();
      return filter ? service('Filter', { getRange: () => this.boxed(filter) }) : null;
    }

    isRowHiddenByFilter(row) {
      return this.extent().hiddenByFilter.includes(row - 1);
    }

    getRange(row, column, rows = 1, columns = 1) {
      if (typeof row === 'string') return playground.rangeOf(this, playground.boxOfA1(row, this.extent()));
      if (row < 1) throw new Exception('The starting row of the range is too small.');
      if (column < 1) throw new Exception('The starting column of the range is too small.');
      if (rows < 1) throw new Exception('The number of rows in the range must be at least 1.');
      if (columns < 1) throw new Exception('The number of columns in the range must be at least 1.');
      const { rows: most, columns: widest } = this.extent();
      if (row + rows - 1 > most || column + columns - 1 > widest) {
        throw new Exception('The coordinates of the range are outside the dimensions of the sheet.');
      }
      return playground.rangeOf(this, { top: row - 1, bottom: row - 1 + rows, left: column - 1, right: column - 1 + columns });
    }

    getDataRange() {
      const { lastRow, lastColumn } = this.extent();
      return this.getRange(1, 1, Math.max(1, lastRow), Math.max(1, lastColumn));
    }

    boxed(box) {
      return playground.rangeOf(this, box);
    }

    getActiveRange() {
      return playground.activeRanges(this)[0];
    }

    setActiveRange(range) {
      playground.select(this.id, range.playgroundBox());
      return range;
    }

    activate() {
      return spreadsheet.setActiveSheet(this);
    }

    setName(title) {
      return this.update({ title }, 'title');
    }

    hideSheet() {
      return this.update({ hidden: true }, 'hidden');
    }

    showSheet() {
      return this.update({ hidden: false }, 'hidden');
    }

    setFrozenRows(count) {
      return this.update({ gridProperties: { frozenRowCount: count } }, 'gridProperties.frozenRowCount');
    }

    setFrozenColumns(count) {
      return this.update({ gridProperties: { frozenColumnCount: count } }, 'gridProperties.frozenColumnCount');
    }

    update(properties, fields) {
      playground.change({ updateSheetProperties: { properties: { sheetId: this.id, ...properties }, fields } });
      return sheetOf(this.id);
    }

    setColumnWidth(column, width) {
      const range = this.span('COLUMNS', column, 1);
      playground.change({ updateDimensionProperties: { range, properties: { pixelSize: width }, fields: 'pixelSize' } });
      return sheetOf(this.id);
    }

    /** @returns {any} A DimensionRange. */
    span(dimension, start, count) {
      return { sheetId: this.id, dimension, startIndex: start - 1, endIndex: start - 1 + count };
    }

    deleteColumn(column) {
      return this.deleteColumns(column, 1);
    }

    deleteColumns(column, count) {
      playground.change({ deleteDimension: { range: this.span('COLUMNS', column, count) } });
      return sheetOf(this.id);
    }

    deleteRow(row) {
      return this.deleteRows(row, 1);
    }

    deleteRows(row, count) {
      playground.change({ deleteDimension: { range: this.span('ROWS', row, count) } });
      return sheetOf(this.id);
    }

    insertRowsAfter(row, count) {
      playground.change({ insertDimension: { range: this.span('ROWS', row + 1, count), inheritFromBefore: true } });
      return sheetOf(this.id);
    }

    insertColumnsAfter(column, count) {
      playground.change({ insertDimension: { range: this.span('COLUMNS', column + 1, count), inheritFromBefore: true } });
      return sheetOf(this.id);
    }

    clearContents() {
      playground.sheets('POST', `/values/${playground.a1(this.getName())}:clear`, {});
      return sheetOf(this.id);
    }

    appendRow(values) {
      const { lastRow } = this.extent();
      const where = playground.a1(this.getName(), { top: Math.max(0, lastRow - 1), left: 0, bottom: Math.max(1, lastRow), right: 1 });
      const body = { values: [values.map(playground.typed)] };
      playground.sheets('POST', `/values/${where}:append?valueInputOption=USER_ENTERED&insertDataOption=OVERWRITE`, body);
      return sheetOf(this.id);
    }

    createDeveloperMetadataFinder() {
      return playground.metadataFinder(this);
    }

    toString() {
      return 'Sheet';
    }
  }

  const sheetOf = (id) => wrapped('Sheet', new Sheet(id));

  class Spreadsheet {
    getId() {
      return playground.settings.book;
    }

    getName() {
      return described().properties.title;
    }

    getUrl() {
      return `https://docs.google.com/spreadsheets/d/${playground.settings.book}/edit`;
    }

    getSpreadsheetTimeZone() {
      return described().properties.timeZone;
    }

    getSpreadsheetLocale() {
      return described().properties.locale;
    }

    getSheets() {
      return described().sheets.map((one) => sheetOf(one.properties.sheetId || 0));
    }

    getSheetByName(name) {
      const found = described().sheets.find((one) => one.properties.title === name);
      return found ? sheetOf(found.properties.sheetId || 0) : null;
    }

    getActiveSheet() {
      return sheetOf(playground.execution.selection.sheet);
    }

    setActiveSheet(sheet) {
      playground.execution.selection = { sheet: sheet.getSheetId(), ranges: [{ top: 0, bottom: 1, left: 0, right: 1 }] };
      playground.tell('select', { sheet: sheet.getSheetId() });
      return sheet;
    }

    getActiveRange() {
      return this.getActiveSheet().getActiveRange();
    }

    getRange(text) {
      const { sheet, cells } = playground.splitA1(text);
      const found = sheet === null ? this.getActiveSheet() : this.getSheetByName(sheet);
      if (!found) throw new Exception(`Range not found: ${text}`);
      return found.getRange(cells);
    }

    insertSheet(name, index) {
      const properties = { ...(name === undefined ? {} : { title: name }), ...(index === undefined ? {} : { index }) };
      const taken = described().sheets.some((one) => one.properties.title.toLowerCase() === String(name).toLowerCase());
      if (taken) throw new Exception(`A sheet with the name "${name}" already exists. Please enter another name.`);
      const [reply] = playground.change({ addSheet: { properties } });
      return this.setActiveSheet(sheetOf(reply.addSheet.properties.sheetId));
    }

    deleteSheet(sheet) {
      playground.change({ deleteSheet: { sheetId: sheet.getSheetId() } });
    }

    addDeveloperMetadata(key, value = '', visibility = playground.Visibility.DOCUMENT) {
      playground.addMetadata({ spreadsheet: true }, key, value, visibility);
      return spreadsheet;
    }

    createDeveloperMetadataFinder() {
      return playground.metadataFinder(null);
    }

    toast(message, title = '', seconds = 5) {
      playground.tell('toast', { message: String(message), title: String(title), seconds });
    }

    toString() {
      return 'Spreadsheet';
    }
  }

  const spreadsheet = wrapped('Spreadsheet', new Spreadsheet());

  const needUi = () => {
    if (playground.execution.mode === 'trigger') {
      throw new Exception('Cannot call SpreadsheetApp.getUi() from this context.');
    }
  };

  const menuOf = (caption) => {
    const items = [];
    const menu = service('Menu', {
      addItem: (name, call) => menuAfter(() => items.push({ name, call })),
      addSeparator: () => menuAfter(() => items.push({})),
      addToUi: () => playground.tell('menu', { caption, items }),
    });
    const menuAfter = (change) => {
      change();
      return menu;
    };
    return menu;
  };

  const ui = service('Ui', {
    createMenu: (caption) => menuOf(caption),
    createAddonMenu: () => notBuilt('Ui.createAddonMenu'),
    showSidebar(output) {
      playground.needScope('Ui.showSidebar', 'script.container.ui');
      playground.tell('sidebar', { title: output.getTitle(), html: output.getContent(), functions: playground.functions });
    },
  });

  Object.assign(playground, { sheetOf, spreadsheet });
  self.SpreadsheetApp = service('SpreadsheetApp', {
    getActive: () => spreadsheet,
    getActiveSpreadsheet: () => spreadsheet,
    getActiveSheet: () => spreadsheet.getActiveSheet(),
    getActiveRange: () => spreadsheet.getActiveRange(),
    getActiveRangeList() {
      const ranges = playground.activeRanges(spreadsheet.getActiveSheet());
      return service('RangeList', { getRanges: () => ranges });
    },
    getCurrentCell() {
      const { top, left } = playground.execution.selection.cell || playground.execution.selection.ranges[0];
      return playground.rangeOf(spreadsheet.getActiveSheet(), { top, left, bottom: top + 1, right: left + 1 });
    },
    setActiveSheet: (sheet) => spreadsheet.setActiveSheet(sheet),
    setActiveRange: (range) => range.getSheet().setActiveRange(range),
    flush: () => undefined, // each call here is done when it returns
    getUi() {
      needUi();
      return ui;
    },
    openById() {
      throw new Exception('openById needs more than spreadsheets.currentonly, which the playground has.');
    },
    DeveloperMetadataVisibility: playground.names('DeveloperMetadataVisibility', 'DOCUMENT', 'PROJECT'),
    DeveloperMetadataLocationType: playground.names('DeveloperMetadataLocationType', 'SPREADSHEET', 'SHEET', 'ROW', 'COLUMN'),
  });
  playground.Visibility = self.SpreadsheetApp.DeveloperMetadataVisibility;
})();
