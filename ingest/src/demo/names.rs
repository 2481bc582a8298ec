//! Believable names, ИНН with right check digits, phones and plates. None of them is meant to be anybody's.

use shpunt_domain::parties::commands::Fields;

use super::dice::Dice;

/// The nine people; [`super::plan`] knows what they do by their places.
pub(super) const PEOPLE: [&str; 9] = [
    "Орлов Дмитрий Сергеевич",
    "Лебедева Анна Викторовна",
    "Соколов Павел Андреевич",
    "Морозова Екатерина Игоревна",
    "Гусев Артём Олегович",
    "Зайцева Мария Николаевна",
    "Кузнецова Ольга Петровна",
    "Белов Игорь Васильевич",
    "Титов Роман Михайлович",
];

const FIRST: [&str; 24] = [
    "Гидро",
    "Мост",
    "Спец",
    "Транс",
    "Энерго",
    "Волга",
    "Нева",
    "Урал",
    "Сиб",
    "Дон",
    "Балт",
    "Юг",
    "Север",
    "Порт",
    "Берег",
    "Техно",
    "Инж",
    "Метро",
    "Кама",
    "Ока",
    "Онего",
    "Столица",
    "Терра",
    "Вектор",
];

const SECOND: [&str; 12] = [
    "строй",
    "спецстрой",
    "монтаж",
    "дорстрой",
    "фундамент",
    "проект",
    "шпунт",
    "инжстрой",
    "основание",
    "ресурс",
    "стройсервис",
    "нулевойцикл",
];

const SURNAMES: [&str; 20] = [
    "Андреев",
    "Васильев",
    "Виноградов",
    "Громов",
    "Данилов",
    "Егоров",
    "Жуков",
    "Захаров",
    "Ильин",
    "Карпов",
    "Ларионов",
    "Макаров",
    "Никитин",
    "Осипов",
    "Поляков",
    "Романов",
    "Савельев",
    "Тарасов",
    "Филиппов",
    "Шестаков",
];

const GIVEN: [&str; 10] = ["Алексей", "Борис", "Виктор", "Глеб", "Денис", "Евгений", "Илья", "Кирилл", "Максим", "Сергей"];

const REGIONS: [i64; 12] = [77, 78, 50, 47, 16, 52, 63, 61, 23, 66, 54, 59];

/// What the piles are for.
const WORKS: [&str; 14] = [
    "котлован ЖК",
    "набережная",
    "причал",
    "опоры моста",
    "коллектор",
    "очистные сооружения",
    "подпорная стена",
    "насосная станция",
    "реконструкция шлюза",
    "станция метро",
    "паркинг",
    "путепровод",
    "водозабор",
    "берегоукрепление",
];

const PLACES: [&str; 16] = [
    "Москва",
    "Санкт-Петербург",
    "Казань",
    "Нижний Новгород",
    "Самара",
    "Ростов-на-Дону",
    "Краснодар",
    "Екатеринбург",
    "Пермь",
    "Тверь",
    "Ярославль",
    "Выборг",
    "Мурманск",
    "Волгоград",
    "Калининград",
    "Астрахань",
];

/// The digit that makes the weighted sum right (приказ ФНС от 29.06.2012 № ММВ-7-6/435@).
fn check_digit(digits: &[i64], weights: &[i64]) -> i64 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum::<i64>() % 11 % 10
}

fn digits(dice: &mut Dice, count: usize) -> Vec<i64> {
    let region = *dice.pick(&REGIONS);
    let mut digits = vec![region / 10, region % 10];
    digits.extend((2..count).map(|_| dice.between(0, 9)));
    digits
}

fn text(digits: &[i64]) -> String {
    digits.iter().map(ToString::to_string).collect()
}

/// ИНН of an organisation, ten digits.
pub(super) fn inn(dice: &mut Dice) -> String {
    let mut digits = digits(dice, 9);
    digits.push(check_digit(&digits, &[2, 4, 10, 3, 5, 9, 4, 6, 8]));
    text(&digits)
}

/// ИНН of an entrepreneur, twelve digits.
pub(super) fn inn_of_person(dice: &mut Dice) -> String {
    let mut digits = digits(dice, 10);
    digits.push(check_digit(&digits, &[7, 2, 4, 10, 3, 5, 9, 4, 6, 8]));
    digits.push(check_digit(&digits, &[3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]));
    text(&digits)
}

/// A mobile number.
pub(super) fn phone(dice: &mut Dice) -> String {
    let (code, middle, end) = (dice.between(900, 989), dice.between(100, 999), dice.between(0, 9999));
    format!("+7 {code} {middle}-{:02}-{:02}", end / 100, end % 100)
}

/// A person who calls.
pub(super) fn person(dice: &mut Dice) -> String {
    format!("{} {}", dice.pick(&SURNAMES), dice.pick(&GIVEN))
}

/// A truck's plate.
pub(super) fn plate(dice: &mut Dice) -> String {
    let letters = ['А', 'В', 'Е', 'К', 'М', 'Н', 'О', 'Р', 'С', 'Т', 'У', 'Х'];
    let region = *dice.pick(&[77, 97, 99, 177, 199, 750, 50, 78, 16, 52, 76]);
    let (a, b, c) = (*dice.pick(&letters), *dice.pick(&letters), *dice.pick(&letters));
    format!("{a}{:03}{b}{c}{region}", dice.between(1, 999))
}

/// What a deal is about.
pub(super) fn title(dice: &mut Dice, profile: &str) -> String {
    format!("Шпунт {profile}: {}, {}", dice.pick(&WORKS), dice.pick(&PLACES))
}

/// The `index`-th customer, unlike all others (of the first 288).
pub(super) fn customer(seed: u64, index: usize) -> Fields {
    let mut dice = Dice::of(seed, "customer", index);
    // 125 and 288 have no common divisor: every pair of parts comes once.
    let pair = (index * 125 + usize::try_from(seed % 288).unwrap_or_default()) % 288;
    let form = if dice.chance(150) { "АО" } else { "ООО" };
    let name = format!("{form} «{}{}»", FIRST[pair % FIRST.len()], SECOND[pair / FIRST.len()]);
    Fields {
        name,
        inn: inn(&mut dice),
        phone: phone(&mut dice),
        email: format!("zakup{:03}@example.ru", index + 1),
        is_customer: true,
        ..Fields::default()
    }
}

/// An organisation with a given name.
pub(super) fn organisation(seed: u64, name: &str) -> Fields {
    let mut dice = Dice::of(seed, name, 0);
    Fields { name: name.to_owned(), inn: inn(&mut dice), phone: phone(&mut dice), ..Fields::default() }
}

/// An entrepreneur with a given name.
pub(super) fn entrepreneur(seed: u64, name: &str) -> Fields {
    let mut dice = Dice::of(seed, name, 0);
    Fields { name: format!("ИП {name}"), inn: inn_of_person(&mut dice), phone: phone(&mut dice), ..Fields::default() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn check_digits_are_those_of_known_numbers() {
        // Public examples of the algorithm: 7830002293 and 500100732259.
        assert_eq!(check_digit(&[7, 8, 3, 0, 0, 0, 2, 2, 9], &[2, 4, 10, 3, 5, 9, 4, 6, 8]), 3);
        let person = [5, 0, 0, 1, 0, 0, 7, 3, 2, 2];
        assert_eq!(check_digit(&person, &[7, 2, 4, 10, 3, 5, 9, 4, 6, 8]), 5);
        let with_first = [5, 0, 0, 1, 0, 0, 7, 3, 2, 2, 5];
        assert_eq!(check_digit(&with_first, &[3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]), 9);
    }

    #[test]
    fn customers_are_all_different() {
        let customers: Vec<_> = (0..288).map(|index| customer(42, index)).collect();
        assert_eq!(customers.iter().map(|fields| &fields.name).collect::<BTreeSet<_>>().len(), 288);
        assert_eq!(customers.iter().map(|fields| &fields.inn).collect::<BTreeSet<_>>().len(), 288);
    }
}
