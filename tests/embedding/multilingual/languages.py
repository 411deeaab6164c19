"""Scenes and things named in six languages. The texts were written before any model was asked, and stay.

A query says in other words what its caption shows, and several scenes resemble each other.
"""

from typing import NamedTuple

LANGUAGES = ("en", "de", "fr", "es", "zh", "ja")


class Scene(NamedTuple):
    """A caption and a query in each language, in the order of LANGUAGES."""

    captions: tuple[str, ...]
    queries: tuple[str, ...]


SCENES = (
    Scene(
        (
            "A cat sleeps on the sofa in the afternoon sun",
            "Eine Katze schläft in der Nachmittagssonne auf dem Sofa",
            "Un chat dort sur le canapé au soleil de l'après-midi",
            "Un gato duerme en el sofá al sol de la tarde",
            "一只猫在午后的阳光下睡在沙发上",
            "午後の日差しの中、ソファで眠る猫",
        ),
        (
            "kitty taking a nap",
            "schlummerndes Kätzchen",
            "chaton qui fait la sieste",
            "gatito echando la siesta",
            "打盹的小猫",
            "昼寝する子猫",
        ),
    ),
    Scene(
        (
            "A dog runs along the beach with a ball in its mouth",
            "Ein Hund rennt mit einem Ball im Maul den Strand entlang",
            "Un chien court sur la plage, une balle dans la gueule",
            "Un perro corre por la playa con una pelota en la boca",
            "一只狗叼着球在海滩上奔跑",
            "ボールをくわえて浜辺を走る犬",
        ),
        (
            "puppy playing by the sea",
            "Welpe spielt am Meer",
            "chiot qui joue au bord de la mer",
            "cachorro jugando junto al mar",
            "小狗在海边玩耍",
            "海辺で遊ぶ子犬",
        ),
    ),
    Scene(
        (
            "A black dog lies in front of the fireplace",
            "Ein schwarzer Hund liegt vor dem Kamin",
            "Un chien noir est couché devant la cheminée",
            "Un perro negro está tumbado delante de la chimenea",
            "一只黑狗躺在壁炉前",
            "暖炉の前に横たわる黒い犬",
        ),
        (
            "pet warming itself by the fire",
            "Haustier wärmt sich am Feuer",
            "animal qui se réchauffe près du feu",
            "mascota que se calienta junto al fuego",
            "在火边取暖的宠物",
            "火のそばで暖まるペット",
        ),
    ),
    Scene(
        (
            "Snow-covered mountains are reflected in a clear lake",
            "Schneebedeckte Berge spiegeln sich in einem klaren See",
            "Des montagnes enneigées se reflètent dans un lac limpide",
            "Montañas nevadas se reflejan en un lago cristalino",
            "雪山倒映在清澈的湖水中",
            "雪をかぶった山々が澄んだ湖に映る",
        ),
        (
            "alpine landscape with water",
            "Alpenlandschaft mit Wasser",
            "paysage alpin avec de l'eau",
            "paisaje alpino con agua",
            "有水的高山风景",
            "水辺のアルプスの風景",
        ),
    ),
    Scene(
        (
            "A fishing boat leaves the harbour at dawn",
            "Ein Fischerboot verlässt im Morgengrauen den Hafen",
            "Un bateau de pêche quitte le port à l'aube",
            "Un barco de pesca sale del puerto al amanecer",
            "一艘渔船在黎明时离开港口",
            "夜明けに港を出る漁船",
        ),
        (
            "ship early in the morning",
            "Schiff am frühen Morgen",
            "navire tôt le matin",
            "embarcación a primera hora de la mañana",
            "清晨的船",
            "早朝の船",
        ),
    ),
    Scene(
        (
            "The skyline of the city at night with thousands of lights",
            "Die Skyline der Stadt bei Nacht mit tausend Lichtern",
            "La silhouette de la ville la nuit avec des milliers de lumières",
            "El perfil de la ciudad de noche con miles de luces",
            "夜晚的城市天际线灯火万千",
            "無数の明かりが灯る夜の街のスカイライン",
        ),
        (
            "illuminated skyscrapers after dark",
            "beleuchtete Hochhäuser im Dunkeln",
            "gratte-ciel illuminés dans l'obscurité",
            "rascacielos iluminados en la oscuridad",
            "黑暗中亮灯的摩天大楼",
            "暗闇に光る高層ビル",
        ),
    ),
    Scene(
        (
            "Children build a snowman in the garden",
            "Kinder bauen im Garten einen Schneemann",
            "Des enfants font un bonhomme de neige dans le jardin",
            "Unos niños hacen un muñeco de nieve en el jardín",
            "孩子们在花园里堆雪人",
            "庭で雪だるまを作る子どもたち",
        ),
        (
            "kids having fun in winter",
            "Kinder haben Spaß im Winter",
            "enfants qui s'amusent en hiver",
            "niños divirtiéndose en invierno",
            "孩子们冬天玩得开心",
            "冬に楽しく遊ぶ子供",
        ),
    ),
    Scene(
        (
            "A woman in a red dress dances on the stage",
            "Eine Frau in einem roten Kleid tanzt auf der Bühne",
            "Une femme en robe rouge danse sur la scène",
            "Una mujer con un vestido rojo baila en el escenario",
            "一位身穿红裙的女子在舞台上跳舞",
            "赤いドレスの女性が舞台で踊る",
        ),
        (
            "female performer",
            "Tänzerin bei einem Auftritt",
            "danseuse en spectacle",
            "bailarina actuando",
            "演出中的女舞者",
            "公演中の女性ダンサー",
        ),
    ),
    Scene(
        (
            "An old man reads the newspaper on a park bench",
            "Ein alter Mann liest auf einer Parkbank die Zeitung",
            "Un vieil homme lit le journal sur un banc du parc",
            "Un anciano lee el periódico en un banco del parque",
            "一位老人在公园长椅上看报纸",
            "公園のベンチで新聞を読む老人",
        ),
        (
            "grandfather with the daily press",
            "Großvater mit der Tagespresse",
            "grand-père avec la presse du jour",
            "abuelo con la prensa diaria",
            "拿着日报的爷爷",
            "朝刊を手にしたおじいさん",
        ),
    ),
    Scene(
        (
            "A birthday cake with burning candles",
            "Ein Geburtstagskuchen mit brennenden Kerzen",
            "Un gâteau d'anniversaire avec des bougies allumées",
            "Una tarta de cumpleaños con velas encendidas",
            "点着蜡烛的生日蛋糕",
            "ろうそくの灯ったバースデーケーキ",
        ),
        (
            "party dessert",
            "Nachtisch auf einer Feier",
            "dessert de fête",
            "postre de fiesta",
            "聚会甜点",
            "パーティーのデザート",
        ),
    ),
    Scene(
        (
            "Fresh vegetables at the weekly market",
            "Frisches Gemüse auf dem Wochenmarkt",
            "Des légumes frais au marché hebdomadaire",
            "Verduras frescas en el mercado semanal",
            "集市上的新鲜蔬菜",
            "朝市に並ぶ新鮮な野菜",
        ),
        (
            "stall with tomatoes and carrots",
            "Stand mit Tomaten und Möhren",
            "étal de tomates et de carottes",
            "puesto de tomates y zanahorias",
            "卖西红柿和胡萝卜的摊位",
            "トマトと人参の屋台",
        ),
    ),
    Scene(
        (
            "A plate of spaghetti with tomato sauce",
            "Ein Teller Spaghetti mit Tomatensoße",
            "Une assiette de spaghettis à la sauce tomate",
            "Un plato de espaguetis con salsa de tomate",
            "一盘番茄酱意大利面",
            "トマトソースのスパゲッティ一皿",
        ),
        (
            "Italian pasta for lunch",
            "italienische Nudeln zum Mittagessen",
            "pâtes italiennes pour le déjeuner",
            "pasta italiana para el almuerzo",
            "午餐吃意大利面食",
            "昼食のイタリアンパスタ",
        ),
    ),
    Scene(
        (
            "A cup of coffee beside a laptop on a wooden table",
            "Eine Tasse Kaffee neben einem Laptop auf einem Holztisch",
            "Une tasse de café à côté d'un ordinateur portable sur une table en bois",
            "Una taza de café junto a un portátil sobre una mesa de madera",
            "木桌上的笔记本电脑旁放着一杯咖啡",
            "木のテーブルの上のノートパソコンと一杯のコーヒー",
        ),
        (
            "hot drink at the workplace",
            "heißes Getränk am Arbeitsplatz",
            "boisson chaude au bureau",
            "bebida caliente en el trabajo",
            "工作时的热饮",
            "職場の温かい飲み物",
        ),
    ),
    Scene(
        (
            "Firefighters put out a burning house",
            "Feuerwehrleute löschen ein brennendes Haus",
            "Des pompiers éteignent une maison en flammes",
            "Los bomberos apagan una casa en llamas",
            "消防员正在扑灭着火的房屋",
            "燃える家を消火する消防士",
        ),
        (
            "rescue workers and flames",
            "Rettungskräfte und Flammen",
            "secouristes et incendie",
            "equipos de rescate y fuego",
            "救援人员和火焰",
            "救助隊と炎",
        ),
    ),
    Scene(
        (
            "A red sports car drives along the coast road",
            "Ein roter Sportwagen fährt die Küstenstraße entlang",
            "Une voiture de sport rouge roule sur la route côtière",
            "Un coche deportivo rojo circula por la carretera de la costa",
            "一辆红色跑车行驶在海岸公路上",
            "海岸道路を走る赤いスポーツカー",
        ),
        (
            "fast automobile by the ocean",
            "schnelles Auto am Meer",
            "automobile rapide au bord de l'océan",
            "automóvil veloz junto al océano",
            "海边飞驰的汽车",
            "海沿いを走る速い自動車",
        ),
    ),
    Scene(
        (
            "A steam locomotive crosses a stone bridge",
            "Eine Dampflokomotive überquert eine Steinbrücke",
            "Une locomotive à vapeur traverse un pont de pierre",
            "Una locomotora de vapor cruza un puente de piedra",
            "蒸汽机车驶过石桥",
            "石橋を渡る蒸気機関車",
        ),
        (
            "old train on a viaduct",
            "alter Zug auf einem Viadukt",
            "vieux train sur un viaduc",
            "tren antiguo en un viaducto",
            "高架桥上的老火车",
            "高架橋の古い列車",
        ),
    ),
    Scene(
        (
            "An aeroplane lands in heavy rain",
            "Ein Flugzeug landet bei starkem Regen",
            "Un avion atterrit sous une pluie battante",
            "Un avión aterriza bajo una fuerte lluvia",
            "飞机在大雨中降落",
            "大雨の中を着陸する飛行機",
        ),
        (
            "jet on a wet runway",
            "Düsenjet auf nasser Landebahn",
            "jet sur une piste mouillée",
            "reactor en una pista mojada",
            "湿跑道上的喷气机",
            "濡れた滑走路のジェット機",
        ),
    ),
    Scene(
        (
            "A football team celebrates the winning goal",
            "Eine Fußballmannschaft feiert das Siegtor",
            "Une équipe de football fête le but de la victoire",
            "Un equipo de fútbol celebra el gol de la victoria",
            "足球队庆祝制胜进球",
            "決勝ゴールを喜ぶサッカーチーム",
        ),
        (
            "soccer players cheering",
            "jubelnde Kicker",
            "footballeurs en liesse",
            "futbolistas con júbilo",
            "欢呼的足球运动员",
            "歓声を上げるサッカー選手",
        ),
    ),
    Scene(
        (
            "A doctor examines a child in the hospital",
            "Eine Ärztin untersucht im Krankenhaus ein Kind",
            "Une médecin examine un enfant à l'hôpital",
            "Una médica examina a un niño en el hospital",
            "医生在医院给孩子做检查",
            "病院で子どもを診察する医師",
        ),
        (
            "paediatrician at work",
            "Kinderarzt bei der Arbeit",
            "pédiatre au travail",
            "pediatra trabajando",
            "工作中的儿科医生",
            "仕事中の小児科医",
        ),
    ),
    Scene(
        (
            "Bees collect honey on a lavender field",
            "Bienen sammeln Honig auf einem Lavendelfeld",
            "Des abeilles butinent dans un champ de lavande",
            "Las abejas recogen miel en un campo de lavanda",
            "蜜蜂在薰衣草田里采蜜",
            "ラベンダー畑で蜜を集める蜂",
        ),
        (
            "insects on purple blossoms",
            "Insekten auf lila Blüten",
            "insectes sur des fleurs violettes",
            "insectos sobre flores moradas",
            "紫色花朵上的昆虫",
            "紫の花にとまる昆虫",
        ),
    ),
    Scene(
        (
            "A horse gallops over a green meadow",
            "Ein Pferd galoppiert über eine grüne Wiese",
            "Un cheval galope dans une prairie verte",
            "Un caballo galopa por un prado verde",
            "一匹马在绿色草地上奔驰",
            "緑の草原を駆ける馬",
        ),
        (
            "stallion on a pasture",
            "Hengst auf der Weide",
            "étalon au pâturage",
            "semental en el pasto",
            "牧场上的骏马",
            "牧草地の雄馬",
        ),
    ),
    Scene(
        (
            "The castle stands on a hill above the river",
            "Die Burg steht auf einem Hügel über dem Fluss",
            "Le château se dresse sur une colline au-dessus de la rivière",
            "El castillo se alza en una colina sobre el río",
            "城堡矗立在河边的山丘上",
            "川を見下ろす丘に立つ城",
        ),
        (
            "medieval fortress",
            "mittelalterliche Festung",
            "forteresse médiévale",
            "fortaleza medieval",
            "中世纪要塞",
            "中世の要塞",
        ),
    ),
    Scene(
        (
            "A bride and groom leave the church",
            "Ein Brautpaar verlässt die Kirche",
            "Les mariés sortent de l'église",
            "Los novios salen de la iglesia",
            "新郎新娘走出教堂",
            "教会から出てくる新郎新婦",
        ),
        ("wedding", "Hochzeit", "mariage", "boda", "婚礼", "結婚式"),
    ),
    Scene(
        (
            "A robot welds car bodies in a factory",
            "Ein Roboter schweißt in einer Fabrik Karosserien",
            "Un robot soude des carrosseries dans une usine",
            "Un robot suelda carrocerías en una fábrica",
            "机器人在工厂焊接车身",
            "工場で車体を溶接するロボット",
        ),
        (
            "industrial automation",
            "Automatisierung in der Industrie",
            "automatisation industrielle",
            "automatización industrial",
            "工业自动化",
            "産業の自動化",
        ),
    ),
    Scene(
        (
            "An astronaut floats above the Earth",
            "Ein Astronaut schwebt über der Erde",
            "Un astronaute flotte au-dessus de la Terre",
            "Un astronauta flota sobre la Tierra",
            "一名宇航员漂浮在地球上空",
            "地球の上に浮かぶ宇宙飛行士",
        ),
        ("spacewalk", "Weltraumspaziergang", "sortie dans l'espace", "paseo espacial", "太空行走", "宇宙遊泳"),
    ),
    Scene(
        (
            "An empty classroom with a blackboard",
            "Ein leeres Klassenzimmer mit einer Tafel",
            "Une salle de classe vide avec un tableau noir",
            "Un aula vacía con una pizarra",
            "有黑板的空教室",
            "黒板のある誰もいない教室",
        ),
        (
            "school without pupils",
            "Schule ohne Schüler",
            "école sans élèves",
            "escuela sin alumnos",
            "没有学生的学校",
            "生徒のいない学校",
        ),
    ),
    Scene(
        (
            "A musician plays the violin in the underground station",
            "Ein Musiker spielt in der U-Bahn-Station Geige",
            "Un musicien joue du violon dans la station de métro",
            "Un músico toca el violín en la estación de metro",
            "音乐家在地铁站拉小提琴",
            "地下鉄の駅でバイオリンを弾く音楽家",
        ),
        (
            "busker with an instrument",
            "Straßenmusikant mit Instrument",
            "musicien de rue avec son instrument",
            "artista callejero con su instrumento",
            "带着乐器的街头艺人",
            "楽器を持つ路上演奏者",
        ),
    ),
    Scene(
        (
            "Autumn leaves cover the forest path",
            "Herbstlaub bedeckt den Waldweg",
            "Des feuilles d'automne couvrent le chemin forestier",
            "Las hojas de otoño cubren el sendero del bosque",
            "秋叶铺满林间小路",
            "秋の落ち葉に覆われた森の小道",
        ),
        (
            "walk in the woods in October",
            "Spaziergang im Wald im Oktober",
            "promenade dans les bois en octobre",
            "paseo por el bosque en octubre",
            "十月在树林里散步",
            "十月の森の散歩",
        ),
    ),
    Scene(
        (
            "A lightning strikes behind the church tower",
            "Hinter dem Kirchturm schlägt ein Blitz ein",
            "La foudre tombe derrière le clocher",
            "Un rayo cae detrás del campanario",
            "闪电击中教堂塔楼后方",
            "教会の塔の後ろに落ちる雷",
        ),
        ("thunderstorm", "Gewitter", "orage", "tormenta eléctrica", "雷暴", "雷雨"),
    ),
    Scene(
        (
            "A couple drinks wine on a balcony at sunset",
            "Ein Paar trinkt bei Sonnenuntergang auf dem Balkon Wein",
            "Un couple boit du vin sur un balcon au coucher du soleil",
            "Una pareja bebe vino en un balcón al atardecer",
            "一对情侣在阳台上对着日落喝红酒",
            "夕暮れのバルコニーでワインを飲むカップル",
        ),
        (
            "romantic evening",
            "romantischer Abend",
            "soirée romantique",
            "velada romántica",
            "浪漫的夜晚",
            "ロマンチックな夕べ",
        ),
    ),
)

THINGS = {
    # The class that ImageNet has it as, and its everyday names.
    "bicycle": (("mountain bike", "tandem bicycle"), ("bicycle", "Fahrrad", "vélo", "bicicleta", "自行车", "自転車")),
    "umbrella": (("umbrella",), ("umbrella", "Regenschirm", "parapluie", "paraguas", "雨伞", "傘")),
    "lighthouse": (("lighthouse",), ("lighthouse", "Leuchtturm", "phare", "faro", "灯塔", "灯台")),
    "mushroom": (("mushroom", "agaric"), ("mushroom", "Pilz", "champignon", "seta", "蘑菇", "キノコ")),
    "strawberry": (("strawberry",), ("strawberry", "Erdbeere", "fraise", "fresa", "草莓", "イチゴ")),
    "candle": (("candle",), ("candle", "Kerze", "bougie", "vela", "蜡烛", "ろうそく")),
    "backpack": (("backpack",), ("backpack", "Rucksack", "sac à dos", "mochila", "背包", "リュックサック")),
    "elephant": (
        ("African bush elephant", "Asian elephant", "tusker"),
        ("elephant", "Elefant", "éléphant", "elefante", "大象", "象"),
    ),
    "lion": (("lion",), ("lion", "Löwe", "lion", "león", "狮子", "ライオン")),
    "squirrel": (("fox squirrel",), ("squirrel", "Eichhörnchen", "écureuil", "ardilla", "松鼠", "リス")),
    "butterfly": (
        (
            "monarch butterfly",
            "small white butterfly",
            "sulphur butterfly",
            "gossamer-winged butterfly",
            "red admiral butterfly",
            "ringlet butterfly",
        ),
        ("butterfly", "Schmetterling", "papillon", "mariposa", "蝴蝶", "蝶"),
    ),
    "snail": (("snail",), ("snail", "Schnecke", "escargot", "caracol", "蜗牛", "カタツムリ")),
    "bee": (("bee",), ("bee", "Biene", "abeille", "abeja", "蜜蜂", "ミツバチ")),
    "castle": (("castle",), ("castle", "Burg", "château", "castillo", "城堡", "城")),
    "church": (("church",), ("church", "Kirche", "église", "iglesia", "教堂", "教会")),
    "bookshop": (("bookstore",), ("bookshop", "Buchhandlung", "librairie", "librería", "书店", "本屋")),
    "hammer": (("hammer",), ("hammer", "Hammer", "marteau", "martillo", "锤子", "金槌")),
    "violin": (("violin",), ("violin", "Geige", "violon", "violín", "小提琴", "バイオリン")),
    "ambulance": (("ambulance",), ("ambulance", "Krankenwagen", "ambulance", "ambulancia", "救护车", "救急車")),
    "fire engine": (
        ("fire truck",),
        ("fire engine", "Feuerwehrauto", "camion de pompiers", "camión de bomberos", "消防车", "消防車"),
    ),
    "refrigerator": (
        ("refrigerator",),
        ("refrigerator", "Kühlschrank", "réfrigérateur", "frigorífico", "冰箱", "冷蔵庫"),
    ),
    "washing machine": (
        ("washing machine",),
        ("washing machine", "Waschmaschine", "machine à laver", "lavadora", "洗衣机", "洗濯機"),
    ),
    "pillow": (("pillow",), ("pillow", "Kissen", "oreiller", "almohada", "枕头", "枕")),
    "spider web": (
        ("spider web",),
        ("spider web", "Spinnennetz", "toile d'araignée", "telaraña", "蜘蛛网", "クモの巣"),
    ),
    "volcano": (("volcano",), ("volcano", "Vulkan", "volcan", "volcán", "火山", "火山")),
    "coral reef": (
        ("coral reef",),
        ("coral reef", "Korallenriff", "récif corallien", "arrecife de coral", "珊瑚礁", "サンゴ礁"),
    ),
    "lemon": (("lemon",), ("lemon", "Zitrone", "citron", "limón", "柠檬", "レモン")),
    "bread": (("baguette", "bagel"), ("bread", "Brot", "pain", "pan", "面包", "パン")),
    "watch": (
        ("analog clock", "digital watch", "digital clock", "wall clock", "stopwatch"),
        ("watch", "Uhr", "montre", "reloj", "手表", "時計"),
    ),
    "penguin": (("king penguin",), ("penguin", "Pinguin", "pingouin", "pingüino", "企鹅", "ペンギン")),
}

PHOTOS = {
    "chelsea": ("cat", "Katze", "chat", "gato", "猫", "猫"),
    "coffee": ("cup of coffee", "Tasse Kaffee", "tasse de café", "taza de café", "一杯咖啡", "一杯のコーヒー"),
    "rocket": (
        "rocket launch",
        "Raketenstart",
        "lancement de fusée",
        "lanzamiento de cohete",
        "火箭发射",
        "ロケットの打ち上げ",
    ),
    "motorcycle": ("motorcycle", "Motorrad", "moto", "motocicleta", "摩托车", "オートバイ"),
    "flower": ("flower", "Blume", "fleur", "flor", "花", "花"),
    "china": ("chinese temple", "chinesischer Tempel", "temple chinois", "templo chino", "中国寺庙", "中国の寺院"),
}
"""What the photos of `tests/embedding/photos.py` show, in the order of LANGUAGES."""
