//! Words and phrases of English and Spanish, folded, and what they mean in a request for films.
//! Both languages are always understood. Never looks at titles.
//! Longer than other files because the words of both languages stand beside their meanings, in one table.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::fold::Token;
use super::spelling::{Signature, Spelling};

/// What a word or phrase of the lexicon does in a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Carries nothing: "please", "a", "me".
    Filler,
    /// Ends a title like punctuation, and carries nothing: "what next", "that are".
    Tail,
    /// "film", "something": what is asked for.
    FilmNoun,
    /// A title follows: "like", "similar to".
    LikeTitle,
    /// Genres, by the catalogue's usual names.
    Genres(&'static [&'static str]),
    /// A mood: the genres it asks for, and those it rules out; see `data/moods.tsv`.
    Mood(&'static [&'static str], &'static [&'static str]),
    /// What follows is not wanted.
    Not,
    /// "and".
    And,
    /// "or", "nor".
    Or,
    /// "but".
    But,
    Popular,
    LessKnown,
    More,
    ForMe,
    Help,
    Why,
    /// A rating follows: "rate".
    Rate,
    /// A rating may follow: "give".
    Give,
    Stars,
    User,
    SeenToo,
    Top,
    Before,
    After,
    Since,
    Until,
    Between,
    /// "from", "in", "of": a year may follow.
    In,
    To,
    Onwards,
    Early,
    Mid,
    Late,
    /// The first year of a decade.
    Decade(u16),
    /// "decade of", "the years": a two-digit decade may follow.
    DecadeOf,
    Recent,
    Old,
    ThisYear,
    LastYears,
    Years,
    /// What the data says nothing about: people, countries, plots.
    Outside,
}

use Meaning::*;

const ACTION: Meaning = Genres(&["Action"]);
const ADVENTURE: Meaning = Genres(&["Adventure"]);
const ANIMATION: Meaning = Genres(&["Animation"]);
const CHILDREN: Meaning = Genres(&["Children"]);
const COMEDY: Meaning = Genres(&["Comedy"]);
const CRIME: Meaning = Genres(&["Crime"]);
const DOCUMENTARY: Meaning = Genres(&["Documentary"]);
const DRAMA: Meaning = Genres(&["Drama"]);
const FANTASY: Meaning = Genres(&["Fantasy"]);
const FILM_NOIR: Meaning = Genres(&["Film-Noir"]);
const HORROR: Meaning = Genres(&["Horror"]);
const IMAX: Meaning = Genres(&["IMAX"]);
const MUSICAL: Meaning = Genres(&["Musical"]);
const MYSTERY: Meaning = Genres(&["Mystery"]);
const ROMANCE: Meaning = Genres(&["Romance"]);
const ROMANTIC_COMEDY: Meaning = Genres(&["Comedy", "Romance"]);
const SCI_FI: Meaning = Genres(&["Sci-Fi"]);
const THRILLER: Meaning = Genres(&["Thriller"]);
const WAR: Meaning = Genres(&["War"]);
const WESTERN: Meaning = Genres(&["Western"]);

/// Phrases, folded, separated by bars. Of several that fit at one place the longest counts.
const PHRASES: &[(Meaning, &str)] = &[
    (ACTION, "action|action packed|accion|de accion|shootouts|martial arts|artes marciales"),
    (ADVENTURE, "adventure|adventures|adventurous|aventura|aventuras|de aventuras"),
    (
        ANIMATION,
        "animation|animations|animated|cartoon|cartoons|anime|animacion|animada|animadas|animado|animados|\
        dibujos animados|de dibujos|dibujos|de animacion",
    ),
    (
        CHILDREN,
        "for my son|for my daughter|for my kid|for a kid|for a child|for my little one|for my little ones|\
        for my niece|for my nephew|for toddlers|toddler|para mi hijo|para mi hija|para un nino|para una nina|\
        para mi sobrino|para mi sobrina|para mi peque|para crios|para los crios|\
        children|childrens|kid|kids|for kids|for children|for the kids|for my kids|for my children|family|\
        for the family|for the whole family|family friendly|infantil|infantiles|para ninos|para los ninos|para ninas|\
        para mis hijos|para los peques|ninos|familiar|familiares|para la familia|para toda la familia|de ninos",
    ),
    (
        COMEDY,
        "comedy|comedies|funny|hilarious|comic|laugh|laughs|to laugh|something to laugh|humor|humour|comedia|\
        comedias|divertida|divertidas|divertido|divertidos|graciosa|graciosas|gracioso|graciosos|de risa|de humor|\
        para reir|para reirme|comica|comicas|comico|comicos|risa",
    ),
    (
        CRIME,
        "crime|crimes|gangster|gangsters|mafia|heist|crimen|crimenes|criminal|criminales|policiaca|policiacas|\
        policiaco|policiacos|de mafia|de gangsters|de policias|de atracos|policial|policiales",
    ),
    (DOCUMENTARY, "documentary|documentaries|docs|documental|documentales"),
    (
        DRAMA,
        "drama|dramas|dramatic|sad|tearjerker|tearjerkers|dramatica|dramaticas|dramatico|dramaticos|dramon|\
        triste|tristes|de llorar|para llorar",
    ),
    (FANTASY, "fantasy|fantasies|magical|fantasia|de fantasia|fantastica|fantasticas|fantastico|cine fantastico"),
    (FILM_NOIR, "noir|film noir|films noirs|noirs|film noirs|cine negro|negra|de cine negro|peliculas negras"),
    (
        HORROR,
        "horror|horrors|scary|scary movie|scary movies|scary film|scary films|frightening|creepy|spooky|slasher|\
        slashers|terror|de terror|miedo|de miedo|que de miedo|que den miedo|que da miedo|terrorifica|terrorificas|\
        terrorifico|de sustos|horrifying",
    ),
    (IMAX, "imax"),
    (MUSICAL, "musical|musicals|musicales|singing|songs|con canciones"),
    (
        MYSTERY,
        "mystery|mysteries|mysterious|whodunit|whodunits|detective|detectives|misterio|misterios|de misterio|\
        de detectives|misteriosa|misteriosas|de intriga|intriga",
    ),
    (
        ROMANCE,
        "romance|romances|romantic|love story|love stories|romantica|romanticas|romantico|romanticos|de amor|\
        historia de amor|historias de amor|amor|romanticism|romanticona",
    ),
    (
        ROMANTIC_COMEDY,
        "romcom|romcoms|rom com|rom coms|romantic comedy|romantic comedies|comedia romantica|\
        comedias romanticas",
    ),
    (
        SCI_FI,
        "sci fi|scifi|sf|ciensia ficcion|ciencia fision|sience fiction|science ficton|\
        science fiction|ciencia ficcion|de ciencia ficcion|cifi|ci fi|futuristic|futurista|\
        futuristas|space opera|del espacio|de extraterrestres",
    ),
    (THRILLER, "thriller|thrillers|suspense|suspenseful|thrilling|de suspense|suspenso|de suspenso|trhiller"),
    (WAR, "war|wars|military|guerra|de guerra|guerras|belica|belicas|belico|belicos|war film|war films"),
    (WESTERN, "western|westerns|cowboy|cowboys|del oeste|oeste|de vaqueros|vaqueros|de indios y vaqueros"),
    (
        FilmNoun,
        "film|films|movie|movies|flick|flicks|something|anything|title|titles|recommendation|recommendations|\
        suggestion|suggestions|pick|picks|one|ones|stuff|pelicula|peliculas|peli|pelis|film|cine|algo|cosa|cosas|\
        titulo|titulos|recomendacion|recomendaciones|sugerencia|sugerencias|una|unas|alguna|algunas|alguno|cinta|\
        cintas|movie night|things|cosillas|pelicual|peliclas|moovies",
    ),
    (
        Filler,
        "porfi|porfis|please please|idk|dunno|no se|uh|um|lol|haha|so um|anyway|sth|esten|estan|este en|tengan|duren|ponme|venga|vale|oh|ok|okay|well|\
        honestly|basically|literally|i guess|i think|supongo|creo|bueno|a ver|mira|wait|espera|\
        a|an|the|in|during|some|any|please|pls|plz|me|my|i|im|we|us|you|of|is|are|be|it|its|to|for|with|one|really|very|\
        so|quite|bit|little|good|great|nice|decent|cool|give|gimme|show|find|get|list|tell|want|wanna|need|would|\
        would like|id like|i would like|like to|id|love to|could|can|can you|could you|would you|will|do|have|has|got|\
        in the mood for|im in the mood for|feel like|i feel like|feeling like|looking for|im looking for|search for|\
        searching for|fancy|maybe|perhaps|also|too|just|only|other|else|few|couple|by the way|hey|hi there|there|from|\
        set|made|released|type|kind|kinds|sort|genre|genres|lot|lots|lots of|all|both|which|who|what|whats|\
        por favor|porfa|porfavor|un|el|la|los|las|lo|unos|de|del|al|a la|mi|mis|nos|te|se|y|que|es|son|sea|sean|\
        quiero|quisiera|quiero ver|queria|querria|me gustaria|me apetece|apetece|necesito|busco|buscame|dame|damelas|\
        dime|muestra|muestrame|ensena|ensename|ponme|pon|hay|tienes|puedes|podrias|podrias darme|puedes darme|\
        muy|mucho|mucha|algo de|tipo de|genero|buena|buenas|bueno|buenos|buen|bonita|gran|grandes|solo|tambien|para|\
        con|en|estilo|ver|oye|pues|venga|bien|chula|chulas|unas cuantas|varias|se puede|alguna de|algun|todas|\
        todos|rollo|plan|anda|estrenadas|estrenada|hechas|rodadas|am|was|were|did|does|watch|watching|see|to watch|\
        to see|viendo|mirar|thats|that is|thing|vea|me guste|movie like|smth|sth|fue|fueron|ha sido|escena|escenas|scene|scenes|can u|could u|yo|dude|bro|tio|queremos|que tengas|ya|what about|how about|y que tal|que hay de|now|pasame|cual|cuales|\
        plz|make it|add|add some|add in|ponme|quiero algo de",
    ),
    (
        Tail,
        "or something|or something like that|or something similar|o algo asi|o algo parecido|o algo por el estilo|\
        what should you see|what should you watch|what should u see|yesterday|last night|ayer|anoche|\
        wow|more like that|more like it|more like that one|got anything similar|anything similar|something similar|\
        need more like it|i need more like it|need more|algo parecido|algo similar|mas asi|quiero mas asi|\
        quiero algo asi|quiero mas|necesito mas|what else would i like|what would i like|que mas puedo ver|\
        que otras me gustarian|que otra me gustaria|que otras|obviously|duh|so far|hasta ahora|\
        what next|whats next|what now|what else|what else should i watch|what should i watch next|what to watch|\
        what should i watch|what do you recommend|what do you suggest|what can i watch|any ideas|any suggestions|\
        any recommendations|que mas|y ahora que|ahora que|que veo ahora|que me recomiendas|que recomiendas|\
        que puedo ver|que deberia ver|que otra|alguna idea|ideas|thanks|thank you|thx|gracias|muchas gracias|please|\
        por favor|porfa|pls|that are|that is|thats|that were|which are|which is|that|que sea|que sean|que sea de|\
        que sean de|que|tonight|today|this evening|this weekend|esta noche|esta tarde|hoy|este finde|\
        este fin de semana|now|ahora|for me|para mi|right now|ahora mismo|for tonight|para esta noche|to watch tonight|\
        recommend|recommendations|recomienda|though|aunque|set in|starring|directed|directed by|with|con|\
        what would you recommend|what would you suggest|what do i watch|what do i watch next|que veo",
    ),
    (
        LikeTitle,
        "i just saw|ayer vi|anoche vi|anoche vimos|yesterday i watched|yesterday i saw|last night i watched|last night i saw|\
        kind of like|sort of like|\
        obsessed with|is obsessed with|im obsessed with|crazy about|im crazy about|loves|likes|adores|le encanta|\
        le encantan|le gusta|le gustan|le flipa|les encanta|les gusta|me flipa|me ha flipado|me flipo|me mola|me molo|\
        big fan of|huge fan of|im a big fan of|im a huge fan of|really into|im really into|i finished|just finished|\
        i just finished|anything similar to|something similar to|algo parecido a|algo parecido al|algo similar a|\
        a lo|in the same style as|same energy as|on par with|gives the same vibe as|the likes of|\
        i meant|i mean|sorry i meant|no i meant|queria decir|quise decir|quiero decir|me refiero a|me referia a|\
        if you enjoyed|like|similar to|similar|alike|akin to|close to|reminiscent of|along the lines of|in the style of|\
        in the vein of|same style as|the same as|same vibe as|vibe of|in the spirit of|similarly to|comparable to|\
        resembling|that resemble|reminds me of|remind me of|that remind me of|if i like|if i liked|if i loved|\
        if i enjoyed|if you like|if you liked|because i liked|because i loved|since i liked|since i loved|i like|\
        i liked|i love|i loved|i enjoyed|i really liked|i really loved|i really like|i really love|i really enjoyed|\
        i adore|i adored|loved|liked|enjoyed|fans of|for fans of|a fan of|im a fan of|such as|\
        my favorite film is|my favorite film are|my favorite movie is|my favorite movie are|my favorite films is|my favorite films are|my favorite movies is|my favorite movies are|my favorite is|my favorite are|my favourite film is|my favourite film are|my favourite movie is|my favourite movie are|my favourite films is|my favourite films are|my favourite movies is|my favourite movies are|my favourite is|my favourite are|my favorites are|my favorites include|my favourites are|my favourites include|\
        just watched|after watching|after seeing|despues de ver|tras ver|despues de|\
        i just watched|just saw|i just saw|based on|as good as|in the same vein as|more like|others like|ones like|\
        como|igual que|igual a|iguales a|igual de buena que|tan buena como|parecido a|parecida a|parecidas a|\
        parecidos a|parecido al|parecidas al|parecida al|parecidas|parecido|parecida|similar a|similares a|similar al|\
        similares al|similares|del estilo de|al estilo de|estilo de|en la linea de|en el estilo de|del tipo de|tipo|\
        del palo de|que se parezca a|que se parezcan a|que se parezca|que se parezcan|me gusto|me gustaron|me gusta|\
        me gustan|me encanto|me encantaron|me encanta|me encantan|si me gusto|si me gusta|si me gustaron|si me encanto|\
        si te gusto|porque me gusto|me ha gustado|me han gustado|me ha encantado|mi favorita es|mis favoritas son|\
        mi pelicula favorita es|mis peliculas favoritas son|mi peli favorita es|mis pelis favoritas son|tales como|acabo de ver|que me recuerde a|que recuerde a|que recuerden a|en plan|movies liek|liek",
    ),
    (
        Not,
        "less|cant stand|i cant stand|couldnt stand|not a fan of|im not a fan of|i am not a fan of|not a big fan of|\
        im not a big fan of|no fan of|not into|im not into|not in the mood for|im not in the mood for|tired of|im tired of|\
        sick of|im sick of|bored of|fed up with|enough of|not interested in|im not interested in|not keen on|\
        im not keen on|i really dont like|i really hate|loathe|i loathe|cannot stand|i cannot stand|no soy fan de|\
        no me apetece|no me apetecen|no tengo ganas de|harto de|harta de|estoy harto de|estoy harta de|cansado de|\
        cansada de|no soporto|no aguanto|detesto|paso de|nada que ver con|odie|he odiado|no me gustan las|no me gustan los|\
        odio las|odio los|no|not|without|except|except for|excluding|exclude|minus|anything but|everything but|other than|avoid|nothing|\
        nothing with|no more|dont want|i dont want|do not want|i do not want|dont show|dont like|i dont like|\
        dont give me|i hate|hate|i hated|hated|who hates|hates|didnt like|i didnt like|did not like|not like|nothing like|\
        i dislike|i disliked|no me gusto|no me gustaron|no como|nada parecido a|que no se parezca a|not a|never|isnt|arent|thats not|that isnt|that is not|that are not|that arent|\
        which are not|sin|sin nada de|nada de|nada|ni|menos|excepto|salvo|que no sea|que no sean|que no sea de|\
        que no sean de|que no tenga|que no tengan|no quiero|no me gusta|no me gustan|quita|excluye|excluyendo|evita|\
        evitando|tampoco|odio|not too|not so|not very|no muy|no demasiado|but not|but no|and not|and no|pero no|pero sin|\
        y sin|y no|y nada de|pero nada de|pero que no sea|pero que no sea de|pero que no sean|pero que no sean de|\
        y que no sea|y que no sea de|y que no sean|y que no sean de|apart from|aparte de|leave out|skip|drop|drop the|\
        lose the|get rid of|get rid of the|dont recommend|dont recommend me|do not recommend|stop recommending|\
        dont suggest|no me recomiendes|no me recomiendes mas|no recomiendes|no me pongas|no me des|ya no quiero|\
        no quiero mas|ya no quiero mas|no quiero ver|i dont want to see|i dont want to watch|i dont want any|\
        quita las|quita las de|quita los|quita los de|fuera las de|dont recommend any|dont recommend any more|\
        dont recommend me any|dont recommend me any more|no more of the|enough with|enough with the|basta de",
    ),
    (And, "and|y|e|plus|and also|as well as|y tambien|and then|along with|asi como"),
    (Or, "or|nor|o|u|ni"),
    (But, "but|pero|yet|however|only"),
    (
        Popular,
        "popular|populars|populares|most popular|mas popular|mas populares|lo mas popular|las mas populares|trending|\
        tendencia|tendencias|lo mas visto|las mas vistas|los mas vistos|mas vista|mas vistas|mas visto|la mas vista|\
        most watched|most seen|most viewed|most rated|best rated|top rated|highest rated|best|the best|lo mejor|mejor|\
        mejores|las mejores|los mejores|la mejor|mejor valoradas|mejor valorada|las mejor valoradas|mejor puntuadas|\
        famous|well known|wellknown|best known|better known|famosa|famosas|famoso|famosos|conocidas|conocida|conocido|\
        conocidos|muy conocidas|mas conocidas|\
        blockbuster|blockbusters|taquillazo|taquillazos|exitos|grandes exitos|hits|big hits|\
        what is everyone watching|whats everyone watching|what are people watching|what do people watch|\
        what everyone watches|que ve la gente|que esta viendo la gente|lo que ve todo el mundo|que ve todo el mundo|\
        everyones favorites|everyones favourites|crowd pleasers|greatest|the greatest|masterpieces|obras maestras|\
        lo mas valorado|las mas valoradas|mas valoradas|la mejor valorada|la mas valorada|mejor valorado|critically acclaimed|acclaimed|\
        aclamadas|aclamada|whats hot|hot right now|de moda|popualr",
    ),
    (
        LessKnown,
        "i probably dont know|that i probably dont know|that i dont know|i dont know|that ive not heard of|nobody talks about|\
        no one talks about|nobody watches|flew under the radar|under the radar|que no sean famosas|que no sea famosa|\
        que no conozca ni dios|que no conoce ni dios|que no conozca yo|que yo no conozca|que no conozco|\
        nobody has heard of|no one has heard of|nobodys heard of|that nobody has heard of|that no one has heard of|nobody knows|\
        no one knows|that nobody knows|nobody knows about|ive never heard of|i havent heard of|i have never heard of|\
        que no conozca nadie|que nadie conoce|que no conoce nadie|que nadie conozca|que no conozca casi nadie|poco conocidos|\
        poco conocidas|poco conocida|poco conocido|menos conocidos|less known|lesser known|less well known|less popular|less famous|less mainstream|not mainstream|\
        not popular|unpopular|not so popular|not so famous|not so well known|not so known|not well known|not too popular|\
        not too famous|not famous|more obscure|obscure|unknown|little known|underrated|overlooked|under the radar|niche|\
        hidden gem|hidden gems|deep cuts|off the beaten path|less obvious|something less known|rare|\
        menos conocida|menos conocidas|menos conocido|menos conocidos|poco conocida|poco conocidas|poco conocido|\
        no tan conocida|no tan conocidas|no muy conocida|no muy conocidas|que no sean conocidas|que no sean tan conocidas|\
        que no sea tan conocida|que sean menos conocidas|que sea menos conocida|menos popular|menos populares|\
        menos famosa|menos famosas|no populares|nada comerciales|menos comercial|menos comerciales|no tan populares|\
        no tan famosas|desconocida|desconocidas|desconocido|joya oculta|joyas ocultas|joyas escondidas|joya escondida|\
        joyitas|infravaloradas|infravalorada|raras|rara|rarezas|alternativas|mas desconocidas|mas desconocida|\
        menos obvias|menos obvia|menos vistas|menos vista|poco vistas|poco vista|infravalorados|infravalorado|\
        subestimada|subestimadas|minusvaloradas",
    ),
    (
        More,
        "more|more please|show more|show me more|give me more|more like this|more like that|more like these|\
        more like those|more of the same|more of these|more of those|more of this|like this|like that|like these|like those|\
        something like this|something like that|another|another one|others|some more|any more|any others|next|next one|\
        keep going|go on|continue|load more|even more|anything else|what else|mas|dame mas|ver mas|mostrar mas|muestra mas|quiero mas|ensename mas|muestrame mas|\
        mas por favor|otra|otras|otro|otros|otra mas|otras mas|una mas|unas mas|alguna mas|algunas mas|algo mas|\
        siguiente|siguientes|la siguiente|sigue|continua|que mas|mas asi|mas como esta|mas como estas|mas como esa|\
        mas como esas|como esta|como estas|como esa|como esas|mas de lo mismo|mas peliculas|more movies|more films|\
        mas opciones|more options|mas recomendaciones|more recommendations",
    ),
    (
        ForMe,
        "you choose|you pick|you decide|choose for me|pick for me|pick something for me|elige tu|tu eliges|elige por mi|\
        decide tu|lo que quieras|lo que tu quieras|sorprendeme tu|dont know what to watch|i dont know what to watch|\
        no se que ver|no sabemos que ver|no se que peli ver|what do you suggest|que me sugieres|que nos sugieres|\
        recommend|recommend me|suggest|suggest me|for me|based on my ratings|based on my taste|my taste|my tastes|\
        for my taste|to my taste|surprise me|surprise|what should i watch|what should i see|what should we watch|\
        what can i watch|what can we watch|what do i watch|what to watch|what to see|what shall i watch|\
        what shall we watch|what would i like|what might i like|i might like|that i would like|i would enjoy|\
        what do you recommend|what do you suggest|what would you recommend|what movie should i watch|\
        what film should i watch|what movie should i see|which film should i watch|which movie should i watch|\
        recommendations for me|help me choose|help me pick|pick something|pick one|im bored|tonight|tonite|today|now|\
        this evening|this weekend|movie night|recomienda|recomiendame|recomiendanos|recomendame|recomendar|recomiendas|\
        que me recomiendas|que recomiendas|sugiere|sugiereme|aconsejame|aconseja|sorprendeme|sorprendenos|sorpresa|\
        para mi|segun mis gustos|segun mis notas|mis gustos|a mi gusto|que veo|que vemos|que puedo ver|que podemos ver|\
        que deberia ver|que podria ver|que me gustaria|que me aconsejas|que me sugieres|que pelicula veo|que peli veo|\
        que pelicula puedo ver|que peli vemos|que pelicula vemos|esta noche|esta tarde|hoy|ahora|este finde|\
        este fin de semana|para hoy|para esta noche|no se que ver|i dont know what to watch|dont know what to watch|\
        ayudame a elegir|me aburro|recomend|recomiend|reccomend|recommand|recomendacion para mi",
    ),
    (
        Help,
        "help|help me|how does this work|how does it work|how do i use this|what can you do|what can i ask|\
        what can i say|what is this|who are you|commands|instructions|examples|hello|hi|hey|hi there|hello there|\
        good morning|good evening|good afternoon|thanks|thank you|thanks a lot|thx|ok|okay|bye|yes|test|ayuda|ayudame|\
        como funciona|como funciona esto|como se usa|que puedes hacer|que puedo pedir|que puedo preguntar|que es esto|\
        quien eres|comandos|instrucciones|ejemplos|hola|buenas|buenos dias|buenas tardes|buenas noches|gracias|\
        muchas gracias|vale|adios|si|que tal|how are you|start|empezar|menu",
    ),
    (
        Why,
        "why|why did you recommend|why do you recommend|why did you suggest|why did you pick|why did you choose|\
        why did i get|why am i seeing|why do i see|why is|why was|why are you recommending|why recommend|why not|\
        how come|explain|explain why|tell me why|por que|por que me recomiendas|por que recomiendas|\
        por que me recomendaste|por que has recomendado|por que me has recomendado|por que has elegido|por que sale|\
        por que me sale|por que aparece|por que esta|por que me sugieres|por que sugieres|porque me recomiendas|\
        porque|pq|explica|explicame|explica por que|explicame por que|dime por que|a que viene|and why|y por que|\
        what is the reason for|whats the reason for",
    ),
    (
        Rate,
        "rate|i rate|id rate|i would rate|i rated|rated|rating|rating for|my rating for|my rating of|my rating|score|\
        i score|mark|review|puntua|puntuo|puntuar|yo puntuo|puntue|he puntuado|valora|valoro|valorar|valore|califica|\
        califico|calificar|mi nota para|mi nota a|mi nota|nota para|nota|voto|vota|evalua|puntuacion|puntuacion para|\
        puntuame|quiero puntuar|quiero valorar|i want to rate|let me rate|please rate|can i rate",
    ),
    (
        Give,
        "give|i give|id give|i would give|i gave|gave|ill give|i will give|giving|le doy|doy|le doy a|le daria|daria|\
        dale|dale a|le di|ponle|ponle a|le pongo|pongo|le pondria|pon|se merece|merece|deserves|gets|is a|was a|\
        le he dado|te doy|pongale|le doy un|le doy una",
    ),
    (Stars, "star|stars|estrella|estrellas|points|point|puntos|punto|pts"),
    (
        User,
        "user|users|user number|user id|user no|for user|viewer|viewer number|usuario|usuaria|usuario numero|\
        usuaria numero|usuario num|el usuario|al usuario|para el usuario|a user|id de usuario|usuario id|espectador|\
        member",
    ),
    (
        SeenToo,
        "include seen|including seen|include ones ive seen|including ones ive seen|include the ones ive seen|\
        including the ones ive seen|include films ive seen|including films ive seen|include movies ive seen|\
        including movies ive seen|including ones i have seen|include ones i have seen|including films i have seen|\
        including movies i have seen|even if i have seen them|even if ive seen them|even if ive seen it|even if seen|\
        even ones ive seen|even ones i have seen|also ones ive seen|seen too|seen ones too|already seen too|\
        ones ive seen too|that ive already seen|ive already seen|incluye vistas|incluyendo vistas|incluye las vistas|\
        incluidas las vistas|incluye las que he visto|incluye las que ya he visto|incluyendo las que he visto|\
        incluyendo las que ya he visto|incluso las que he visto|incluso las que ya he visto|aunque las haya visto|\
        aunque la haya visto|aunque ya las haya visto|aunque ya la haya visto|vistas tambien|tambien vistas|\
        tambien las que he visto|tambien las que ya he visto|que ya he visto|to rewatch|rewatch|para volver a ver",
    ),
    (
        Filler,
        "ever|ever made|of all time|in history|of all times|all time|in the world|de la historia|de todos los tiempos|del mundo|\
        de la historia del cine|que existen|que hay|new to me|i havent seen|ive not seen|i have not seen|i havent watched|that i havent seen|havent seen|unseen|\
        not seen|i never saw|ive never seen|que no haya visto|que no he visto|no vistas|nuevas para mi|sin ver|\
        no haya visto|no he visto|nueva para mi",
    ),
    (Top, "top|top of the"),
    (
        Before,
        "before|older than|earlier than|prior to|previous to|pre|before the year|made before|released before|from before|\
        antes de|antes del|antes del ano|antes de los|anterior a|anteriores a|anteriores al|anterior al|mas antiguas que|\
        mas antigua que|mas viejas que|previas a|de antes de|de antes del|anteriores a los|anteriores a los anos",
    ),
    (
        After,
        "after|newer than|later than|more recent than|post|after the year|made after|released after|from after|despues de|\
        despues del|despues de los|posterior a|posteriores a|posterior al|posteriores al|posteriores a los|tras|\
        mas nuevas que|mas recientes que|mas nueva que|mas reciente que|de despues de|de despues del",
    ),
    (
        Since,
        "since|starting in|starting from|from at least|not before|not older than|no older than|desde|desde el|desde los|\
        desde el ano|a partir de|a partir del|a partir de los|de desde",
    ),
    (Until, "until|till|up to|through|no later than|not after|not newer than|hasta|hasta el|hasta los|hasta el ano"),
    (Between, "between|from between|made between|released between|entre|de entre|entre el|entre los"),
    (
        In,
        "from|in|of|from the year|in the year|of the year|released in|made in|from the|in the|of the|out in|during|\
        during the|year|the year|de|del|en|del ano|de los|en los|en el|del ano|de la|en la|en el ano|ano|de los anos|\
        en los anos|estrenada en|estrenadas en|estrenado en|durante|durante los",
    ),
    (To, "to|to the|and|through|until|till|thru|a|al|y|hasta|hasta el|hasta los|and the|y los|y el|a los"),
    (
        Onwards,
        "on|onward|onwards|and later|or later|and after|and newer|or newer|en adelante|para adelante|y despues|o mas|\
        o posterior|forward|upwards",
    ),
    (
        Early,
        "early|the early|principios de|principios de los|a principios de los|primeros|comienzos de los|inicios de los",
    ),
    (Mid, "mid|the mid|mediados de|mediados de los|a mediados de los"),
    (Late, "late|the late|finales de|finales de los|a finales de los|fines de los|ultimos anos de los"),
    (Decade(1920), "twenties|roaring twenties|anos veinte"),
    (Decade(1930), "thirties|anos treinta|los treinta|treintas"),
    (Decade(1940), "forties|anos cuarenta|los cuarenta|cuarentas"),
    (Decade(1950), "fifties|anos cincuenta|los cincuenta|cincuentas"),
    (Decade(1960), "sixties|anos sesenta|los sesenta|sesentas|sesentera|sesenteras"),
    (Decade(1970), "seventies|anos setenta|los setenta|setentas|setentera|setenteras|setenta"),
    (Decade(1980), "eighties|anos ochenta|los ochenta|ochentas|ochentera|ochenteras|ochentero|ochenta"),
    (Decade(1990), "nineties|anos noventa|los noventa|noventas|noventera|noventeras|noventero|noventa"),
    (Decade(2000), "noughties|two thousands|anos dos mil|los dos mil|dosmiles|los 2000"),
    (
        DecadeOf,
        "the|los|anos|los anos|decada de|decada de los|decada de los anos|la decada de|la decada de los|\
        la decada del|decada del|the decade of|decade of|decade of the|the decade of the|decada",
    ),
    (
        Recent,
        "recent|recents|latest|newest|new|brand new|modern|contemporary|recently|recently released|this decade|recent years|\
        new releases|reciente|recientes|nueva|nuevas|nuevo|nuevos|moderna|modernas|actual|actuales|novedades|\
        lo ultimo|las ultimas|ultimas|estrenos|de estreno|contemporaneas|mas recientes|most recent",
    ),
    (Filler, "year old|years old"),
    (
        Old,
        "old|older|classic|classics|vintage|oldies|old school|black and white|golden age|vieja|viejas|viejo|antigua|antiguas|\
        antiguo|clasica|clasicas|clasico|clasicos|antiguos|viejos|cine clasico|en blanco y negro|blanco y negro|de las de antes",
    ),
    (ThisYear, "this year|this years|from this year|este ano|de este ano"),
    (
        LastYears,
        "last|past|from the last|in the last|the last|the past|of the last|from the past|in the past|ultimos|\
        los ultimos|de los ultimos|en los ultimos",
    ),
    (Years, "years|year|anos"),
    (
        Outside,
        "menores de|menor de|mayores de|under|over|by|with|starring|stars|featuring|directed by|directed|director|actor|actress|about|set in|where|in which|cast|\
        soundtrack|netflix|hbo|disney|oscar|oscars|award|awards|long|short|minutes|hours|subtitled|based|black|\
        dirigida por|dirigidas por|dirigida|protagonizada por|protagonizadas por|actriz|sobre|acerca de|que trate de|\
        que traten de|que va de|que vayan de|donde|con el actor|con la actriz|del director|de la directora|premios|\
        ganadoras|larga|largas|corta|cortas|spanish|french|english|british|american|german|italian|japanese|korean|\
        chinese|indian|bollywood|hollywood|mexican|russian|european|asian|foreign|swedish|danish|argentinian|brazilian|\
        iranian|polish|australian|canadian|irish|espanola|espanolas|espanol|espanoles|francesa|francesas|frances|inglesa|\
        inglesas|britanica|britanicas|americana|americanas|estadounidenses|alemana|alemanas|italiana|italianas|japonesa|\
        japonesas|coreana|coreanas|china|chinas|india|mexicana|mexicanas|rusa|rusas|europea|europeas|asiaticas|\
        extranjeras|argentina|argentinas|latinas|latinoamericanas|suecas|danesas|en espanol|en ingles|in english|\
        in spanish|in french|from spain|from france|from japan|from korea|from italy|de espana|de francia|de japon|\
        de corea|de italia|de mexico",
    ),
];

/// Words of requests that are as near to each other as typos; a misspelt word is only taken for one of these kinds.
fn is_corrected(meaning: Meaning) -> bool {
    matches!(meaning, Genres(_) | Popular | FilmNoun | ForMe | LikeTitle | Decade(_))
}

/// Of two meanings of one phrase the one that says more goes first.
fn says_little(meaning: Meaning) -> u8 {
    match meaning {
        Outside => 3,
        Filler | Tail | And | Or | But => 2,
        FilmNoun => 1,
        _ => 0,
    }
}

struct Lexicon {
    /// By first word, the longest phrases first; a phrase may have several meanings.
    by_first_word: HashMap<&'static str, Vec<(Vec<&'static str>, Meaning)>>,
    /// Single words a misspelt word may be taken for.
    correctable: Vec<(&'static str, Signature)>,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut by_first_word: HashMap<&str, Vec<(Vec<&str>, Meaning)>> = HashMap::new();
    let mut correctable = Vec::new();
    for (meaning, phrases) in PHRASES {
        for phrase in phrases.split('|').map(str::trim) {
            let words: Vec<&str> = phrase.split(' ').collect();
            if let [word] = words.as_slice()
                && word.len() >= 5
                && is_corrected(*meaning)
            {
                correctable.push((*word, Signature::new(word)));
            }
            by_first_word.entry(words[0]).or_default().push((words, *meaning));
        }
    }
    for line in include_str!("../data/moods.tsv").lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('\t');
        let phrase: Vec<&str> = fields.next().unwrap_or_default().split(' ').collect();
        // Read once and kept as long as the program runs, as the phrases above are.
        let mut genres = || -> &'static [&'static str] {
            let named = fields.next().unwrap_or_default().split('|').filter(|genre| !genre.is_empty());
            named.collect::<Vec<&'static str>>().leak()
        };
        let mood = Mood(genres(), genres());
        by_first_word.entry(phrase[0]).or_default().push((phrase, mood));
    }
    for phrases in by_first_word.values_mut() {
        phrases.sort_by_key(|(words, meaning)| (std::cmp::Reverse(words.len()), says_little(*meaning)));
    }
    Lexicon { by_first_word, correctable }
});

/// Every meaning of a phrase that begins at token `at`, with the place after it; longest phrases first.
pub(crate) fn meanings(tokens: &[Token], at: usize) -> impl Iterator<Item = (Meaning, usize)> + '_ {
    tokens
        .get(at)
        .and_then(|token| LEXICON.by_first_word.get(token.word.as_str()))
        .into_iter()
        .flatten()
        .filter(move |(words, _)| {
            tokens
                .get(at..at + words.len())
                .is_some_and(|own| own.iter().zip(words).all(|(own, word)| own.word == *word))
        })
        .map(move |(words, meaning)| (*meaning, at + words.len()))
}

/// The place after the longest phrase at `at` that means `wanted`.
pub(crate) fn after(tokens: &[Token], at: usize, wanted: Meaning) -> Option<usize> {
    meanings(tokens, at).find(|(meaning, _)| *meaning == wanted).map(|(_, next)| next)
}

/// Whether some phrase begins with this word.
pub(crate) fn is_known(word: &str) -> bool {
    LEXICON.by_first_word.contains_key(word)
}

/// Words as near as a typo to one of the lexicon's that are words of their own.
const SPELT_RIGHT: &[&str] = &["sinking", "comida", "comidas", "romana", "romano", "romanas", "romanos", "signing"];

/// The word of the lexicon that a misspelt word of five letters or more stands for.
pub(crate) fn corrected(word: &str) -> Option<&'static str> {
    if word.len() < 5 || is_known(word) || word.bytes().any(|byte| byte.is_ascii_digit()) || SPELT_RIGHT.contains(&word)
    {
        return None;
    }
    let spelling = Spelling::within(word, if word.len() < 8 { 1 } else { 2 });
    LEXICON
        .correctable
        .iter()
        .filter_map(|(known, signature)| Some((spelling.distance(known, *signature)?, *known)))
        .min()
        .map(|(_, known)| known)
}

/// A small number in words.
pub(crate) fn number_word(word: &str) -> Option<u64> {
    Some(match word {
        "one" => 1,
        "two" | "dos" => 2,
        "three" | "tres" => 3,
        "four" | "cuatro" => 4,
        "five" | "cinco" => 5,
        "six" | "seis" => 6,
        "seven" | "siete" => 7,
        "eight" | "ocho" => 8,
        "nine" | "nueve" => 9,
        "ten" | "diez" => 10,
        "twelve" | "doce" | "dozen" | "docena" => 12,
        "fifteen" | "quince" => 15,
        "twenty" | "veinte" => 20,
        "thirty" | "treinta" => 30,
        "fifty" | "cincuenta" => 50,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::tokenize;

    #[test]
    fn every_phrase_is_written_folded_and_can_be_met() {
        for (_, phrases) in PHRASES {
            for phrase in phrases.split('|').map(str::trim) {
                let folded: Vec<String> = tokenize(phrase).into_iter().map(|token| token.word).collect();
                assert_eq!(folded.join(" "), phrase);
            }
        }
    }

    #[test]
    fn a_misspelt_genre_is_recognised() {
        assert_eq!(corrected("commedies"), Some("comedies"));
        assert_eq!(corrected("trhillers"), Some("thrillers"));
        assert_eq!(corrected("comdeias"), Some("comedias"));
        assert_eq!(corrected("dinosaurs"), None);
    }
}
