'use strict';
/** Range, and ranges in A1 notation. */
(() => {
  const { playground } = self;
  const { Exception, wrapped } = playground;
  const DAY = 86400000;
  const EPOCH_DAY = 25569; // 1970-01-01, counted from 1899-12-30
  const MOMENTS = ['DATE', 'TIME', 'DATE_TIME'];

  const letters = (column) => (column < 26 ? '' : letters(Math.floor(column / 26) - 1)) + String.fromCharCode(65 + (column % 26));
  const columnOf = (text) => [...text.toUpperCase()].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;

  const boxText = ({ top, bottom, left, right }) => {
    const first = `${letters(left)}${top + 1}`;
    return bottom - top === 1 && right - left === 1 ? first : `${first}:${letters(right - 1)}${bottom}`;
  };

  /** A range for an address of the API. */
  const a1 = (title, box) => encodeURIComponent(`'${title.replaceAll("'", "''")}'${box ? `!${boxText(box)}` : ''}`);

  const splitA1 = (text) => {
    const found = /^(?:(?:'((?:[^']|'')+)'|([^'!]+))!)?(.+)$/.exec(text);
    const title = found?.[1]?.replaceAll("''", "'") ?? found?.[2] ?? null;
    return { sheet: title, cells: found?.[3] ?? '' };
  };

  const boxOfA1 = (text, extent) => {
    const found = /^([A-Za-z]{1,3})?([0-9]+)?(?::([A-Za-z]{1,3})?([0-9]+)?)?$/.exec(splitA1(text).cells);
    if (!found || !(found[1] || found[2])) throw new Exception('Range not found');
    const isOne = found[3] === undefined && found[4] === undefined;
    const end = isOne ? [found[1], found[2]] : [found[3], found[4]];
    const box = {
      top: found[2] ? Number(found[2]) - 1 : 0,
      bottom: end[1] ? Number(end[1]) : extent.rows,
      left: found[1] ? columnOf(found[1]) : 0,
      right: end[0] ? columnOf(end[0]) + 1 : extent.columns,
    };
    if (box.bottom > extent.rows || box.right > extent.columns) throw new Exception('Range not found');
    return box;
  };

  /** The offset of a time zone at a moment, in milliseconds. */
  const offsetAt = (moment, zone) => {
    const options = { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' };
    const parts = Object.fromEntries(new Intl.DateTimeFormat('en-US', options).formatToParts(moment).map((one) => [one.type, Number(one.value)]));
    return Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second) - Math.floor(moment / 1000) * 1000;
  };

  const dateOf = (serial, zone) => {
    const local = Math.round((serial - EPOCH_DAY) * DAY);
    return new Date(local - offsetAt(local - offsetAt(local, zone), zone));
  };

  /** What to type for a value that a script sets. */
  const typed = (value) => {
    if (value === null || value === undefined) return '';
    if (value instanceof Date) {
      const zone = playground.spreadsheet.getSpreadsheetTimeZone();
      return new Date(value.getTime() + offsetAt(value.getTime(), zone)).toISOString().slice(0, 19).replace('T', ' ');
    }
    return ['string', 'number', 'boolean'].includes(typeof value) ? value : String(value);
  };

  const valueOf = (cell, zone) => {
    const value = cell.effectiveValue || {};
    if ('errorValue' in value) return cell.formattedValue;
    if ('numberValue' in value) {
      return MOMENTS.includes(cell.effectiveFormat?.numberFormat?.type) ? dateOf(value.numberValue, zone) : value.numberValue;
    }
    return value.boolValue ?? value.stringValue ?? '';
  };

  const formatOf = (pattern) => {
    if (pattern === '@') return { type: 'TEXT', pattern };
    if (/[ydhs]/i.test(pattern.replace(/"[^"]*"/g, ''))) return { type: 'DATE_TIME', pattern };
    return { type: pattern.includes('%') ? 'PERCENT' : 'NUMBER', pattern };
  };

  const colorOf = (text) => {
    if (text === null) return null;
    const found = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
    if (!found) return playground.notBuilt(`The colour ${text}`);
    const [red, green, blue] = found.slice(1).map((part) => Number.parseInt(part, 16) / 255);
    return { rgbColor: { red, green, blue } };
  };

  class Range {
    constructor(sheet, box) {
      this.sheet = sheet;
      this.box = box;
    }

    playgroundBox() {
      return this.box;
    }

    getSheet() {
      return this.sheet;
    }

    getRow() {
      return this.box.top + 1;
    }

    getColumn() {
      return this.box.left + 1;
    }

    getLastRow() {
      return this.box.bottom;
    }

    getLastColumn() {
      return this.box.right;
    }

    getNumRows() {
      return this.box.bottom - this.box.top;
    }

    getNumColumns() {
      return this.box.right - this.box.left;
    }

    getA1Notation() {
      return boxText(this.box);
    }

    address() {
      return a1(this.sheet.getName(), this.box);
    }

    /** Each of its cells' part, row by row. */
    filled(rows, empty) {
      return Array.from({ length: this.getNumRows() }, (_, row) =>
        Array.from({ length: this.getNumColumns() }, (_, column) => rows[row]?.[column] ?? empty),
      );
    }

    getDisplayValues() {
      return this.filled(playground.sheets('GET', `/values/${this.address()}`).values || [], '');
    }

    getDisplayValue() {
      return this.getDisplayValues()[0][0];
    }

    getValues() {
      const fields = 'properties.timeZone,sheets.data.rowData.values(effectiveValue,formattedValue,effectiveFormat.numberFormat)';
      const answer = playground.sheets('GET', `?ranges=${this.address()}&fields=${encodeURIComponent(fields)}`);
      const rows = (answer.sheets?.[0]?.data?.[0]?.rowData || []).map((row) => row.values || []);
      return this.filled(rows, {}).map((row) => row.map((cell) => valueOf(cell, answer.properties.timeZone)));
    }

    getValue() {
      return this.getValues()[0][0];
    }

    getFormulas() {
      const rows = playground.sheets('GET', `/values/${this.address()}?valueRenderOption=FORMULA`).values || [];
      return this.filled(rows, '').map((row) => row.map((cell) => (String(cell).startsWith('=') ? cell : '')));
    }

    setValues(values) {
      const wanted = [this.getNumRows(), this.getNumColumns()];
      if (values.length !== wanted[0]) {
        throw new Exception(`The number of rows in the data does not match the number of rows in the range. The data has ${values.length} but the range has ${wanted[0]}.`);
      }
      for (const row of values) {
        if (row.length !== wanted[1]) {
          throw new Exception(`The number of columns in the data does not match the number of columns in the range. The data has ${row.length} but the range has ${wanted[1]}.`);
        }
      }
      const body = { values: values.map((row) => row.map(typed)) };
      playground.sheets('PUT', `/values/${this.address()}?valueInputOption=USER_ENTERED`, body);
      return rangeOf(this.sheet, this.box);
    }

    setValue(value) {
      return this.setValues(this.filled([], value));
    }

    clearContent() {
      playground.sheets('POST', `/values/${this.address()}:clear`, {});
      return rangeOf(this.sheet, this.box);
    }

    area() {
      const { top, bottom, left, right } = this.box;
      return { sheetId: this.sheet.getSheetId(), startRowIndex: top, endRowIndex: bottom, startColumnIndex: left, endColumnIndex: right };
    }

    look(format, fields) {
      playground.change({ repeatCell: { range: this.area(), cell: { userEnteredFormat: format }, fields: `userEnteredFormat.${fields}` } });
      return rangeOf(this.sheet, this.box);
    }

    setNumberFormat(pattern) {
      return this.look({ numberFormat: formatOf(pattern) }, 'numberFormat');
    }

    setFontWeight(weight) {
      return this.look({ textFormat: { bold: weight === 'bold' } }, 'textFormat.bold');
    }

    setBackground(color) {
      const style = colorOf(color);
      return this.look(style ? { backgroundColorStyle: style } : {}, 'backgroundColorStyle');
    }

    setFontColor(color) {
      const style = colorOf(color);
      return this.look(style ? { textFormat: { foregroundColorStyle: style } } : {}, 'textFormat.foregroundColorStyle');
    }

    setWrap(isWrapped) {
      return this.look({ wrapStrategy: isWrapped ? 'WRAP' : 'OVERFLOW_CELL' }, 'wrapStrategy');
    }

    setVerticalAlignment(alignment) {
      return this.look({ verticalAlignment: alignment.toUpperCase() }, 'verticalAlignment');
    }

    setHorizontalAlignment(alignment) {
      return this.look({ horizontalAlignment: alignment.toUpperCase() }, 'horizontalAlignment');
    }

    sort(specs) {
      const sortSpecs = [].concat(specs).map((spec) => {
        const { column, ascending = true } = typeof spec === 'number' ? { column: spec } : spec;
        if (column <= this.box.left || column > this.box.right) {
          throw new Exception('The sort column is outside of the range.');
        }
        return { dimensionIndex: column - 1, sortOrder: ascending ? 'ASCENDING' : 'DESCENDING' };
      });
      playground.change({ sortRange: { range: this.area(), sortSpecs } });
      return rangeOf(this.sheet, this.box);
    }

    activate() {
      return this.sheet.setActiveRange(rangeOf(this.sheet, this.box));
    }

    toString() {
      return 'Range';
    }
  }

  const rangeOf = (sheet, box) => wrapped('Range', new Range(sheet, box));

  /** The ranges that are selected in a tab; its first cell where another tab is looked at. */
  const activeRanges = (sheet) => {
    const { selection } = playground.execution;
    const boxes = selection.sheet === sheet.getSheetId() ? selection.ranges : [{ top: 0, bottom: 1, left: 0, right: 1 }];
    return boxes.map((box) => rangeOf(sheet, box));
  };

  const select = (sheet, box) => {
    playground.execution.selection = { sheet, ranges: [box] };
    playground.tell('select', { sheet, box });
  };

  Object.assign(playground, { a1, splitA1, boxOfA1, typed, rangeOf, activeRanges, select });
})();
