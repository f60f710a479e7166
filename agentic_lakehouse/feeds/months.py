"""Names of months in the languages of vendors, in small letters, from CLDR; no name means two months.

English, German, French, Spanish, Italian, Dutch, Polish, Portuguese, Swedish, Danish, Norwegian, Finnish, Czech,
Romanian and Hungarian, with and without accents. Names that Croatian gives to another month (`listopad`) are left out.
Static, so that loading a file needs no library of locales.
"""

from __future__ import annotations

_SHORT = """
01 ene gen ian jan janv jän led sty tammi
02 feb febr fev fevr févr helmi lut uno úno
03 bre bře maalis mar marc mars marz mrt mrz márc mär märz
04 abr apr avr dub huhti kwi ápr
05 kve kvě mag mai maj may mei máj touko
06 cvn cze giu iun juin jun juni jún kesa kesä čvn
07 cvc heina heinä iul juil jul juli júl lug čvc
08 ago aout août aug elo sie
09 sep sept set syys szept wrz zar zář
10 loka oct okt ott out paz paź rij říj
11 marras nov
12 dec des dez dic déc gru joulu pro
"""
_LONG = """
01 enero gennaio ianuarie jaenner janeiro janner januar januari january január janvier jänner leden ledna styczen
01 styczeń stycznia tammikuu tammikuuta
02 febbraio febrero februar februari februarie february február fevereiro fevrier février helmikuu helmikuuta lutego
02 luty unor unora únor února
03 brezen brezna březen března maaliskuu maaliskuuta maart maerz marca march marcius marco mars martie marts marz
03 marzec marzo março március märz
04 abril april aprile aprilie aprilis avril duben dubna huhtikuu huhtikuuta kwiecien kwiecień kwietnia április
05 kveten kvetna květen května maggio mai maio maj maja majus may mayo mei május toukokuu toukokuuta
06 cerven cervna czerwca czerwiec giugno iunie juin june junho juni junio junius június kesakuu kesakuuta kesäkuu
06 kesäkuuta červen června
07 cervence cervenec heinakuu heinakuuta heinäkuu heinäkuuta iulie juillet julho juli julio julius july július lipca
07 lipiec luglio července červenec
08 agosto aout août august augusti augustus augusztus elokuu elokuuta sierpien sierpień sierpnia srpen srpna
09 september septembre septembrie septiembre setembro settembre syyskuu syyskuuta szeptember wrzesien wrzesień
09 wrzesnia września zari září
10 lokakuu lokakuuta october octobre octombrie octubre oktober október ottobre outubro pazdziernik pazdziernika
10 październik października rijen rijna říjen října
11 listopadu marraskuu marraskuuta noiembrie november novembre novembro noviembre
12 december decembre decembrie desember dezember dezembro dicembre diciembre décembre grudnia grudzien grudzień
12 joulukuu joulukuuta prosince prosinec
"""


def _numbers(listed: str) -> dict[str, str]:
    lines = (line.split() for line in listed.strip().splitlines())
    return {name: month for month, *names in lines for name in names}


SHORT_MONTHS = _numbers(_SHORT)
"""Abbreviation, without a point at its end, to the month in two digits."""
LONG_MONTHS = _numbers(_LONG)
"""Whole name to the month in two digits."""
