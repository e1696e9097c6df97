#include "server/http/password.h"

#include <assert.h>
#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what may be a password ---- */

/* The words that lists of leaked passwords are made of, and those of this place. With twelve characters the old favourites come doubled, joined, with digits and in l33t, so what is compared
 * is the letters alone, and a password is refused if it is nothing but these words. */
static const char *const words[] = {
	"password", "passwort", "passwd", "pass", "word", "qwerty", "qwertz", "azerty", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "asdfgh", "asdf",
	"zxcvbnm", "zxcvbn", "yxcvbnm", "qazwsx", "qazwsxedc", "qweasd", "qweasdzxc", "qwe", "asd", "zxc", "abc", "abcd", "abcde", "abcdef", "abcdefg", "abcdefgh",
	"abcdefghijkl", "abcdefghijklm", "abcdefghijklmnopqrstuvwxyz", "iloveyou", "ilove", "love", "you", "lovely", "loveme", "letmein", "let", "me", "in", "welcome", "wilkommen", "willkommen",
	"bienvenue", "monkey", "dragon", "master", "shadow", "sunshine", "princess", "football", "fussball", "baseball", "basketball", "hockey", "soccer", "superman", "batman",
	"spiderman", "pokemon", "starwars", "trustnoone", "trustno", "trust", "no", "one", "admin", "administrator", "root", "toor", "user", "guest", "login", "signin", "secret", "geheim", "access",
	"default", "changeme", "change", "please", "computer", "internet", "server", "system", "windows", "linux", "apple", "google", "facebook", "samsung", "killer", "hunter",
	"ranger", "harley", "mustang", "ferrari", "porsche", "mercedes", "corvette", "michael", "jordan", "jennifer", "jessica", "michelle", "ashley", "daniel", "thomas", "robert", "andrew",
	"charlie", "george", "nicole", "hannah", "amanda", "joshua", "matthew", "anthony", "william", "alexander", "maggie", "ginger", "pepper", "cookie", "chocolate", "cheese", "banana", "orange",
	"purple", "silver", "golden", "yellow", "flower", "summer", "winter", "spring", "autumn", "sommer", "january", "february", "march", "april", "june", "july", "august", "september",
	"october", "november", "december", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "freedom", "liverpool", "arsenal", "chelsea", "barcelona", "madrid", "london",
	"berlin", "paris", "america", "canada", "thunder", "diamond", "angel", "angels", "tigger", "buster", "soldier", "freddy", "maverick", "phoenix", "matrix", "merlin", "whatever", "nothing",
	"something", "anything", "hello", "hallo", "bonjour", "hola", "world", "test", "testing", "tester", "temp", "temporary", "new", "newpassword", "mypassword", "mypass", "my", "the", "this", "is", "a",
	"i", "am", "for", "whom", "forwhom", "class", "classes", "classroom", "klasse", "course", "kurs", "lecture", "lesson", "seminar", "workshop", "school", "schule", "college", "university", "universitaet", "campus",
	"student", "students", "pupil", "learn", "learning", "study", "teach", "teacher", "teaching", "lehrer", "lehrerin", "professor", "prof", "doctor", "instructor", "lecturer", "tutor", "faculty", "education", "educator",
	"entrepreneur", "entrepreneurship", "startup", "business", "canvas", "value", "proposition", "valueproposition", "businessmodel", "model", "wall", "post", "posts", "board", "venture", "pitch", "lean",
};

/* Letters only, in lower case, with the usual stand-ins turned back (`leet`) or left out. Returns their number. */
static size_t letters_of(const char *text, bool leet, char out[PASSWORD_BYTES_MAX + 1])
{
	static const char from[] = "0134578@$!|", to[] = "oieastbasil";
	size_t n = 0;
	size_t end = strlen(text);

	/* Digits and signs at the end are an ending ("2026!"), in the middle they stand for letters. */
	while (end && !isalpha((unsigned char)text[end - 1]) && (unsigned char)text[end - 1] < 0x80)
		end--;
	for (size_t i = 0; i < end && n < PASSWORD_BYTES_MAX; i++) {
		const char *stand_in = leet ? strchr(from, text[i]) : NULL;

		if (isalpha((unsigned char)text[i]))
			out[n++] = (char)tolower((unsigned char)text[i]);
		else if (stand_in && n)
			out[n++] = to[stand_in - from];
		else if ((unsigned char)text[i] >= 0x80)
			out[n++] = text[i];
	}
	out[n] = '\0';
	return n;
}

/* Whether the text can be cut into words of the list and the account's name. reach[i]: the first i bytes can. */
static bool is_made_of_words(const char *text, size_t n, const char *name)
{
	bool reach[PASSWORD_BYTES_MAX + 1] = { true };
	size_t name_size = strlen(name);

	for (size_t i = 0; i < n; i++) {
		if (!reach[i])
			continue;
		if (name_size && strncmp(text + i, name, name_size) == 0)
			reach[i + name_size] = true;
		for (size_t k = 0; k < sizeof words / sizeof words[0]; k++) {
			size_t size = strlen(words[k]);

			if (size <= n - i && memcmp(text + i, words[k], size) == 0)
				reach[i + size] = true;
		}
	}
	return reach[n];
}

/* One piece of up to six characters over and over, or a run like 123456789012 or zyxwvutsrqpo. */
static bool is_pattern(const char *text, size_t n)
{
	for (size_t period = 1; period <= 6 && period * 2 <= n; period++)
		if (memcmp(text, text + period, n - period) == 0)
			return true;
	for (int step = -1; step <= 1; step += 2) {
		size_t i = 1;

		while (i < n && (text[i] == text[i - 1] + step || (text[i - 1] == '9' && text[i] == '0') || (text[i - 1] == '0' && text[i] == '9')))
			i++;
		if (i == n)
			return true;
	}
	return false;
}

enum password_verdict password_judge(const char *password, const char *name)
{
	char letters[PASSWORD_BYTES_MAX + 1], name_letters[PASSWORD_BYTES_MAX + 1];
	size_t n = strlen(password), chars = 0;

	for (size_t i = 0; i < n; i++)
		chars += ((unsigned char)password[i] & 0xc0) != 0x80;
	if (chars < PASSWORD_CHARS_MIN)
		return PASSWORD_SHORT;
	if (n > PASSWORD_BYTES_MAX)
		return PASSWORD_LONG;
	if (is_pattern(password, n))
		return PASSWORD_COMMON;
	letters_of(name, false, name_letters);
	for (int leet = 0; leet <= 1; leet++) {
		size_t count = letters_of(password, leet, letters);

		/* Digits alone are guessed quickly, unless there are many. */
		if (count == 0 && n < 20)
			return PASSWORD_COMMON;
		if (count >= 3 && (is_pattern(letters, count) || is_made_of_words(letters, count, name_letters)))
			return PASSWORD_COMMON;
	}
	return PASSWORD_OK;
}

/* ---- hashing ---- */

struct job {
	uv_work_t work;
	struct passwords *passwords;
	struct job *next;
	char password[PASSWORD_BYTES_MAX + 1];
	char hash[PASSWORD_HASH_BYTES];
	bool is_verify, is_dummy, is_done, succeeded;
	passwords_on_hash *on_hash;
	passwords_on_verify *on_verify;
	void *ctx;
};

struct passwords {
	uv_loop_t *loop;
	struct job *first, **last; /* waiting */
	size_t waiting, running;
	bool is_stopping;
};

/* Of 32 random bytes that nobody kept, with the same settings, so that verifying against it costs the same. */
static const char dummy_hash[] = "$argon2id$v=19$m=65536,t=2,p=1$5iKNwZKiPVszLM3Y3zmYAg$B43by+2o89d+xMh79im7459o5GmfJu9YBgBN9jlvcho";

static void run(uv_work_t *work)
{
	struct job *job = work->data;

	if (job->is_verify)
		job->succeeded = crypto_pwhash_str_verify(job->hash, job->password, strlen(job->password)) == 0 && !job->is_dummy;
	else
		job->succeeded = crypto_pwhash_str(job->hash, job->password, strlen(job->password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
						   crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0;
	job->is_done = true;
	sodium_memzero(job->password, sizeof job->password);
}

static void end_job(struct job *job)
{
	if (job->is_verify)
		job->on_verify(!job->is_done ? MATCH_UNKNOWN : job->succeeded ? MATCH_RIGHT : MATCH_WRONG, job->ctx);
	else
		job->on_hash(job->succeeded ? job->hash : NULL, job->ctx);
	sodium_memzero(job, sizeof *job);
	free(job);
}

static void start_next(struct passwords *passwords);

static void after(uv_work_t *work, int status)
{
	struct job *job = work->data;
	struct passwords *passwords = job->passwords;

	(void)status; /* nothing is ever cancelled */
	passwords->running--;
	end_job(job);
	start_next(passwords);
}

static void start_next(struct passwords *passwords)
{
	while (passwords->first && passwords->running < PASSWORD_RUNNING_MAX) {
		struct job *job = passwords->first;

		passwords->first = job->next;
		if (!passwords->first)
			passwords->last = &passwords->first;
		passwords->waiting--;
		passwords->running++;
		job->work.data = job;
		int error = uv_queue_work(passwords->loop, &job->work, run, after);
		assert(!error);
		(void)error;
	}
}

static bool add_job(struct passwords *passwords, struct job *job, const char *password)
{
	size_t n = strlen(password);

	if (passwords->waiting >= PASSWORD_QUEUE_MAX || passwords->is_stopping || n > PASSWORD_BYTES_MAX) {
		free(job);
		return false;
	}
	memcpy(job->password, password, n + 1);
	job->passwords = passwords;
	*passwords->last = job;
	passwords->last = &job->next;
	passwords->waiting++;
	start_next(passwords);
	return true;
}

static struct job *new_job(void *ctx)
{
	struct job *job = calloc(1, sizeof *job);

	if (!job)
		abort();
	job->ctx = ctx;
	return job;
}

struct passwords *passwords_new(uv_loop_t *loop)
{
	struct passwords *passwords = calloc(1, sizeof *passwords);

	if (!passwords)
		abort();
	passwords->loop = loop;
	passwords->last = &passwords->first;
	return passwords;
}

void passwords_free(struct passwords *passwords)
{
	assert(!passwords || (!passwords->running && !passwords->waiting));
	free(passwords);
}

void passwords_stop(struct passwords *passwords)
{
	passwords->is_stopping = true;
	while (passwords->first) {
		struct job *job = passwords->first;

		passwords->first = job->next;
		passwords->waiting--;
		end_job(job);
	}
	passwords->last = &passwords->first;
}

bool passwords_hash(struct passwords *passwords, const char *password, passwords_on_hash *on_hash, void *ctx)
{
	struct job *job = new_job(ctx);

	job->on_hash = on_hash;
	return add_job(passwords, job, password);
}

bool passwords_verify(struct passwords *passwords, const char *hash, const char *password, passwords_on_verify *on_verify, void *ctx)
{
	struct job *job = new_job(ctx);

	job->on_verify = on_verify;
	job->is_verify = true;
	job->is_dummy = !hash || !*hash;
	snprintf(job->hash, sizeof job->hash, "%s", job->is_dummy ? dummy_hash : hash);
	return add_job(passwords, job, password);
}
